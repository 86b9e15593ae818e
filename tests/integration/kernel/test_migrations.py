"""Each service's revisions build exactly the tables it declares, and take them away again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from onward import migrate
from onward.service import Service, installed
from tests.support.fixtures import LendEmptyDatabase
from tests.support.sample import sample

SERVICES = {**installed(), "sample": sample("referral")}


def tables_in(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


@pytest.fixture(params=sorted(SERVICES))
def service(request: pytest.FixtureRequest) -> Service:
    return SERVICES[request.param]


def test_revisions_build_what_is_declared_and_take_it_away_and_build_it_again(
    service: Service, empty_database: LendEmptyDatabase
) -> None:
    owner_url = empty_database(service.name).owner_url
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert not migrate.is_current(service, connection)
    for _ in range(2):
        migrate.upgrade(service, owner_url)
        with engine.connect() as connection:
            assert migrate.is_current(service, connection)
            assert list(migrate.differences(service, connection)) == []
            assert tables_in(connection) >= set(migrate.everything(service).tables)
        migrate.downgrade(service, owner_url)
        with engine.connect() as connection:
            assert tables_in(connection) == set()
            left = sa.text(
                "SELECT count(*) FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
                " WHERE n.nspname = 'public'"
            )
            assert connection.execute(left).scalar_one() == 0


def test_replicas_that_start_together_migrate_once(empty_database: LendEmptyDatabase) -> None:
    service = SERVICES["sample"]
    owner_url = empty_database(service.name).owner_url
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate.upgrade(service, owner_url), range(3)))
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert migrate.is_current(service, connection)
