"""A referral service on real PostgreSQL that has heard of three organisations, and their desks."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from onward import migrate
from onward.clock import ManualClock
from onward.contracts.directory import AccountChanged
from onward.identity import Role
from onward.servers import ServiceDatabase
from onward.service import RunningService
from onward.settings import Settings
from services.referral.app import SERVICE
from services.referral.web import create_app
from tests.integration.referral import world
from tests.integration.referral.world import Desk, Directory
from tests.support.backends import Backend
from tests.support.databases import Databases
from tests.support.partner import Partner, let_in
from tests.support.partner import listening as listens
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


@pytest.fixture
def listening(
    running: RunningService, app: Flask, module_amqp_uri: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let the service listen to partners until the test is over."""
    monkeypatch.setattr("onward.intake.listening.LISTEN", 0.05)
    with listens(module_amqp_uri, running, app):
        yield


def known(directory: Directory, partner: Partner, change: str = "opened") -> None:
    """Let the directory tell of the partner's system."""
    directory.tell(
        AccountChanged(
            organisation_id=partner.organisation,
            principal=f"system:{partner.client_id}",
            role="partner_system",
            change=change,
        )
    )


@pytest.fixture
def ward_records(
    backend: Backend, module_amqp_uri: str, directory: Directory, listening: None
) -> Iterator[Partner]:
    """Lend the ward's record system."""
    with let_in(backend, module_amqp_uri, world.WARD) as partner:
        known(directory, partner)
        yield partner


@pytest.fixture
def house_records(
    backend: Backend, module_amqp_uri: str, directory: Directory, listening: None
) -> Iterator[Partner]:
    """Lend the house's record system."""
    with let_in(backend, module_amqp_uri, world.RESPONSE) as partner:
        known(directory, partner)
        yield partner
