"""Every service's revisions build exactly the tables its code declares, and can be taken back."""

import pytest
import sqlalchemy as sa

from onward import migrate
from onward.servers import ServiceDatabase
from onward.service import Service, installed
from tests.support.fixtures import LendEmptyDatabase

SERVICES = list(installed().values())


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Lend each service in turn."""
    found: Service = request.param
    return found


@pytest.fixture
def database(service: Service, empty_database: LendEmptyDatabase) -> ServiceDatabase:
    """Lend the service's database without tables."""
    return empty_database(service.name)


def tables(url: str) -> set[str]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def test_the_revisions_build_what_the_code_declares(
    service: Service, database: ServiceDatabase
) -> None:
    migrate.upgrade(service, database.owner_url)
    engine = sa.create_engine(database.owner_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert list(migrate.differences(service, connection)) == []
        assert migrate.is_current(service, connection)


def test_the_revisions_can_be_taken_back_and_run_again(
    service: Service, database: ServiceDatabase
) -> None:
    migrate.upgrade(service, database.owner_url)
    built = tables(database.owner_url)
    migrate.downgrade(service, database.owner_url)
    assert tables(database.owner_url) <= {"alembic_version"}
    migrate.upgrade(service, database.owner_url)
    assert tables(database.owner_url) == built


def test_the_running_service_reads_every_table_and_owns_none(
    service: Service, database: ServiceDatabase
) -> None:
    migrate.upgrade(service, database.owner_url)
    owned = sa.text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
    engine = sa.create_engine(database.app_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        for table in migrate.everything(service).sorted_tables:
            connection.execute(sa.select(sa.func.count()).select_from(table))
        assert connection.scalar(owned) == 0
