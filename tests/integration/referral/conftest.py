"""A referral service on real PostgreSQL that has heard of three organisations, and their desks."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward import migrate
from onward.clock import ManualClock
from onward.identity import Role
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from services.referral.app import SERVICE
from services.referral.web import create_app
from tests.integration.referral import world
from tests.integration.referral.world import Desk, Directory
from tests.support.databases import Databases
from tests.support.settings import rehearsal

DeskOf = Callable[..., Desk]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(world.NOON)


@pytest.fixture(scope="session")
def database(databases: Databases) -> Iterator[ServiceDatabase]:
    """Lend one migrated database to all these tests; `running` empties it before each."""
    with databases.migrated(SERVICE) as lent:
        yield lent


@pytest.fixture
def settings(database: ServiceDatabase) -> Settings:
    return rehearsal("referral", database.app_url, database.owner_url)


@pytest.fixture
def running(settings: Settings, clock: ManualClock) -> Iterator[RunningService]:
    running = RunningService(service=SERVICE, settings=settings, clock=clock)
    with running.database.transaction() as uow:
        for table in reversed(migrate.everything(SERVICE).sorted_tables):
            uow.connection.execute(sa.delete(table))
    yield running
    running.close()


@pytest.fixture
def directory(running: RunningService, clock: ManualClock) -> Directory:
    played = Directory(running, clock)
    played.publish_everything()
    return played


@pytest.fixture
def app(running: RunningService) -> Flask:
    return create_app(running)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def desk(
    client: FlaskClient,
    settings: Settings,
    clock: ManualClock,
    directory: Directory,
) -> DeskOf:
    """Return somebody's seat in an organisation that the directory has told of."""

    def at(organisation: UUID, role: Role = Role.CASEWORKER) -> Desk:
        return Desk(client, settings, clock, organisation, role)

    return at


@pytest.fixture
def ward(desk: DeskOf) -> Desk:
    return desk(world.WARD)


@pytest.fixture
def house(desk: DeskOf) -> Desk:
    return desk(world.RESPONSE)
