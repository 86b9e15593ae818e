"""The audit service with a database of its own, and what to tell it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.codec import encode
from onward.envelope import Envelope
from onward.identity import Actor
from onward.inbox import Arrival
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session
from services.audit.app import SERVICE
from services.audit.handlers.notary import Notary, notary_of
from tests.support.fixtures import LendDatabase
from tests.support.settings import rehearsal
from tests.unit.audit.story import MONDAY

Hear = Callable[[Sequence[Envelope]], None]
Rows = Callable[..., list[Any]]
Headers = dict[str, str]
As = Callable[[Actor], Headers]
Own = Callable[..., None]
Browse = Callable[[Actor], FlaskClient]


@pytest.fixture
def database(service_database: LendDatabase) -> ServiceDatabase:
    return service_database(SERVICE)


@pytest.fixture
def settings(database: ServiceDatabase) -> Settings:
    return rehearsal(
        "audit",
        database.app_url,
        database.owner_url,
        signing_key="not-a-signing-secret-" * 2,
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def running(settings: Settings, clock: ManualClock) -> Iterator[RunningService]:
    service = RunningService(service=SERVICE, settings=settings, clock=clock)
    yield service
    service.close()


@pytest.fixture
def notary(running: RunningService) -> Notary:
    return notary_of(running)


@pytest.fixture
def hear(running: RunningService) -> Hear:
    """Deliver events to the service as the broker would, in one batch."""
    return lambda envelopes: running.inbox.receive([Arrival(encode(each)) for each in envelopes])


@pytest.fixture
def rows(running: RunningService) -> Rows:
    """Return what a statement finds in the service's database."""

    def find(statement: str, **values: Any) -> list[Any]:
        with running.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values).all())

    return find


@pytest.fixture
def app(running: RunningService) -> Flask:
    return SERVICE.create_app(running)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def headers_of(settings: Settings, clock: ManualClock) -> As:
    """Return the headers that prove an actor."""

    def prove(actor: Actor) -> Headers:
        return {"Authorization": f"Bearer {issue_access_token(settings, actor, at=clock.now())}"}

    return prove


@pytest.fixture
def browse(app: Flask, settings: Settings, clock: ManualClock) -> Browse:
    """Return a browser that an actor has signed in with."""

    def signed_in(actor: Actor) -> FlaskClient:
        session = begin_session(actor, at=clock.now(), label="Somebody, somewhere")
        client = app.test_client()
        client.set_cookie("onward-session", issue_session(settings, session))
        return client

    return signed_in


@pytest.fixture
def own(running: RunningService) -> Own:
    """Run statements as the owner of the tables, who has switched their guards off."""

    def run(*statements: str, **values: Any) -> None:
        url = running.settings.owner_database_url
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            for table in ("leaves", "nodes", "checkpoints"):
                connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER only_grows"))
            for statement in statements:
                connection.execute(sa.text(statement), values)

    return run
