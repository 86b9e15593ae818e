"""Revisions run once however many replicas start, and going back leaves nothing behind.

That they build what the code declares is seen in `tests.contract.test_migrations`.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from onward import migrate
from onward.service import Service, installed
from tests.support.fixtures import LendEmptyDatabase
from tests.support.sample import sample

LEFT = sa.text(
    """
    SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
         + (SELECT count(*) FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e'))
         + (SELECT count(*) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
              AND relname <> 'alembic_version')
    """
)
"""Functions, types, tables, views and sequences."""


@pytest.mark.parametrize("service", installed().values(), ids=lambda service: service.name)
def test_going_back_leaves_neither_table_nor_function_nor_type(
    service: Service, empty_database: LendEmptyDatabase
) -> None:
    owner_url = empty_database(service.name).owner_url
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool)
    migrate.upgrade(service, owner_url)
    with engine.connect() as connection:
        assert connection.execute(LEFT).scalar_one() > 0
    migrate.downgrade(service, owner_url)
    with engine.connect() as connection:
        assert connection.execute(LEFT).scalar_one() == 0
    migrate.upgrade(service, owner_url)
    with engine.connect() as connection:
        assert migrate.is_current(service, connection)


def test_replicas_that_start_together_migrate_once(empty_database: LendEmptyDatabase) -> None:
    service = sample("referral")
    owner_url = empty_database(service.name).owner_url
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: migrate.upgrade(service, owner_url), range(3)))
    engine = sa.create_engine(owner_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        assert migrate.is_current(service, connection)
