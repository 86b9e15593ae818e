"""A directory on real PostgreSQL: three organisations, a house with one bed, and callers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward import tables
from onward.clock import ManualClock
from onward.codec import decode
from onward.contracts.base import Event
from onward.database import connect
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session
from services.directory import seeding
from services.directory.app import SERVICE, make_app
from services.directory.domain.organisations import Organisation
from services.directory.domain.places import Opening
from services.directory.handlers import entries, places
from services.directory.storage.tables import metadata
from tests.integration.directory import world
from tests.integration.directory.forms import Editor
from tests.support.databases import Databases
from tests.support.serving import served
from tests.support.settings import rehearsal

E = TypeVar("E", bound=Event)
Headers = dict[str, str]
As = Callable[..., Headers]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def database(databases: Databases) -> Iterator[ServiceDatabase]:
    """Lend one migrated database to all these tests; `settings` empties it before each."""
    with databases.migrated(SERVICE) as database:
        yield database


@pytest.fixture
def settings(database: ServiceDatabase) -> Settings:
    _empty(database.owner_url)
    return rehearsal("directory", database.app_url, database.owner_url)


def _empty(owner_url: str) -> None:
    """Remove every row, claims and versions too: only the owner of the tables can lift the ban on that."""
    engine = connect(owner_url, name="tests", pool_size=1)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE claims DISABLE TRIGGER keep_claims"))
        connection.execute(sa.text("ALTER TABLE entry_versions DISABLE TRIGGER only_grows"))
        for table in reversed((*tables.KERNEL.sorted_tables, *metadata.sorted_tables)):
            connection.execute(sa.delete(table))
        connection.execute(sa.text("ALTER TABLE entry_versions ENABLE ALWAYS TRIGGER only_grows"))
        connection.execute(sa.text("ALTER TABLE claims ENABLE TRIGGER keep_claims"))
    engine.dispose()


@pytest.fixture
def empty(settings: Settings, clock: ManualClock) -> Iterator[RunningService]:
    """Lend the service with nothing in its directory."""
    running = RunningService(service=SERVICE, settings=settings, clock=clock)
    yield running
    running.close()


@pytest.fixture
def running(empty: RunningService) -> RunningService:
    """Lend the service with the organisations, services and the one bed of `world`."""
    with empty.database.transaction(actor=world.OPERATOR) as uow:
        for organisation in world.ORGANISATIONS:
            entries.publish_organisation(uow, organisation)
        entries.publish_service(uow, world.HOUSE)
        entries.publish_service(uow, world.ADVICE)
        places.add_place(uow, world.HOUSE.id, label="Bed 1", opening=Opening.AVAILABLE)
    with empty.engine.begin() as connection:
        connection.execute(sa.delete(tables.outbox))
    return empty


@pytest.fixture
def told(running: RunningService) -> Callable[[type[E]], list[E]]:
    """Return what the directory has told the others since the test began, by kind."""

    def find(kind: type[E]) -> list[E]:
        return [one.event for one in envelopes(running) if isinstance(one.event, kind)]

    return find


def envelopes(running: RunningService) -> list[Envelope]:
    wanted = sa.select(tables.outbox.c.body).order_by(tables.outbox.c.position)
    with running.engine.connect() as connection:
        return [decode(bytes(body)) for body in connection.scalars(wanted)]


@pytest.fixture
def app(running: RunningService) -> Flask:
    return make_app(running)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def seeded(empty: RunningService) -> RunningService:
    """Lend the directory with the demo's partnership in it."""
    seeding.load_demo(empty, 1)
    return empty


@pytest.fixture
def origin(seeded: RunningService) -> Iterator[str]:
    """Serve that directory on loopback."""
    with served(make_app(seeded)) as origin:
        yield origin


@pytest.fixture
def as_(settings: Settings, clock: ManualClock) -> As:
    """Return headers of somebody with a role in an organisation."""

    def headers(role: Role, organisation: UUID = world.RESPONSE.id, **more: str) -> Headers:
        actor = Actor(principal=f"system:{role}", organisation=organisation, role=role)
        token = issue_access_token(settings, actor, at=clock.now())
        return {"Authorization": f"Bearer {token}", **more}

    return headers


@pytest.fixture
def sit(app: Flask, running: RunningService) -> Callable[..., Editor]:
    """Return somebody of an organisation, with a role, at a browser."""

    def down(who: Organisation = world.RESPONSE, role: Role = Role.EDITOR) -> Editor:
        actor = Actor(principal="worker:somebody", organisation=who.id, role=role)
        begun = begin_session(actor, at=running.clock.now(), label="Somebody")
        client = app.test_client()
        client.set_cookie("onward-session", issue_session(running.settings, begun))
        return Editor(client)

    return down
