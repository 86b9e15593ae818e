"""The sample service with its database, and callers of several kinds."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.identity import Actor, Role
from onward.service import RunningService
from onward.settings import Settings
from onward.tables import KERNEL
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session
from tests.integration.web import sample
from tests.support.databases import Databases
from tests.support.settings import rehearsal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RESPONSE = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")

Headers = dict[str, str]
AsSystem = Callable[..., Headers]
Rows = Callable[[str], list[Any]]


@pytest.fixture(scope="session")
def database_url(databases: Databases) -> Iterator[str]:
    """Lend one migrated database to all these tests; `running` empties it before each."""
    with databases.migrated(sample.SERVICE) as database:
        yield database.app_url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return rehearsal("notes", database_url)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def running(settings: Settings, clock: ManualClock) -> Iterator[RunningService]:
    service = RunningService(service=sample.SERVICE, settings=settings, clock=clock)
    with service.engine.begin() as connection:
        for table in (*KERNEL.sorted_tables, *sample.metadata.sorted_tables):
            connection.execute(sa.delete(table))
    yield service
    service.close()


@pytest.fixture
def app(running: RunningService) -> Flask:
    return sample.make_app(running)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def as_system(settings: Settings, clock: ManualClock) -> AsSystem:
    """Return headers of a partner's system."""

    def headers(organisation: UUID = RESPONSE, role: Role = Role.PARTNER_SYSTEM) -> Headers:
        actor = Actor(principal="system:crm", organisation=organisation, role=role)
        return {"Authorization": f"Bearer {issue_access_token(settings, actor, at=clock.now())}"}

    return headers


@pytest.fixture
def worker(app: Flask, settings: Settings, clock: ManualClock) -> FlaskClient:
    """Return the browser of a caseworker who has signed in."""
    actor = Actor(principal="worker:kim", organisation=RESPONSE, role=Role.CASEWORKER)
    session = begin_session(actor, at=clock.now(), label="Kim, Response")
    client = app.test_client()
    client.set_cookie("onward-session", issue_session(settings, session))
    return client


@pytest.fixture
def rows(running: RunningService) -> Rows:
    """Return what a statement finds in the database."""

    def find(statement: str) -> list[Any]:
        with running.engine.connect() as connection:
            return list(connection.execute(sa.text(statement)).all())

    return find
