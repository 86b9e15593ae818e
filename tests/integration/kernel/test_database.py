"""Trouble with PostgreSQL has two names: away, or in each other's way. Anything else is the work's own."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
import sqlalchemy as sa

from onward import parking
from onward.clock import ManualClock
from onward.database import ContendedError, Database, DatabaseAwayError, UnitOfWork, connect
from onward.envelope import Envelope
from tests.integration.kernel.conftest import LendSample, Lent
from tests.support.databases import Databases
from tests.support.events import NOON, told
from tests.support.sample import Effect, Store

NOTE = Effect(None, "asked", "asked", uuid4(), 0)


def administer(lent: Lent, databases: Databases, statement: str) -> object:
    url = sa.make_url(databases.admin_url).set(database=lent.running.engine.url.database)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return connection.execute(sa.text(statement)).scalar()


def read_only(lent: Lent, databases: Databases, setting: str) -> None:
    role = lent.running.engine.url.username
    name = lent.running.engine.url.database
    engine = sa.create_engine(
        databases.admin_url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f'ALTER ROLE "{role}" IN DATABASE "{name}" {setting}'))


def write(lent: Lent) -> None:
    with lent.database.transaction() as uow:
        uow.store.add([NOTE])


def test_a_connection_cut_mid_way_is_an_outage_and_the_next_transaction_works(
    hearing: Lent, databases: Databases
) -> None:
    def cut() -> None:
        with hearing.database.transaction() as uow:
            uow.store.add([NOTE])
            pid = uow.connection.scalar(sa.text("SELECT pg_backend_pid()"))
            administer(hearing, databases, f"SELECT pg_terminate_backend({pid}, 5000)")
            uow.store.add([NOTE])

    with pytest.raises(DatabaseAwayError):
        cut()
    write(hearing)
    assert len(hearing.effects()) == 1


def test_every_connection_cut_while_idle_goes_unnoticed(
    hearing: Lent, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onward.database.RESTED", 0.0, raising=False)
    write(hearing)
    administer(
        hearing,
        databases,
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    write(hearing)
    assert len(hearing.effects()) == 2


def test_a_server_that_became_a_replica_is_left_for_the_new_primary(
    hearing: Lent, databases: Databases
) -> None:
    read_only(hearing, databases, "SET default_transaction_read_only = on")
    with pytest.raises(DatabaseAwayError):
        write(hearing)
    read_only(hearing, databases, "RESET default_transaction_read_only")
    write(hearing)  # on a new connection: the old one would stay read-only for ever


def test_a_server_that_refuses_is_an_outage() -> None:
    engine = connect("postgresql+psycopg2://nobody@127.0.0.1:1/nothing", name="test")
    clock = ManualClock(NOON)
    database = Database(source="referral", engine=engine, store=str, clock=clock)
    with pytest.raises(DatabaseAwayError), database.transaction():
        pass


def test_a_lock_that_somebody_keeps_is_contention(hearing: Lent) -> None:
    def wait_for_it() -> None:
        with hearing.database.transaction() as uow:
            uow.connection.execute(sa.text("SET LOCAL lock_timeout = '20ms'"))
            uow.connection.execute(sa.text("LOCK TABLE effects IN EXCLUSIVE MODE"))

    with hearing.database.transaction() as uow:
        uow.store.add([NOTE])
        with pytest.raises(ContendedError):
            wait_for_it()


def test_work_that_takes_too_long_is_parked_and_not_taken_for_an_outage(
    lend: LendSample,
) -> None:
    def slow(uow: UnitOfWork[Store], _envelopes: Sequence[Envelope]) -> None:
        uow.connection.execute(sa.text("SET LOCAL statement_timeout = '20ms'"))
        uow.connection.execute(sa.text("SELECT pg_sleep(5)"))

    lent = lend(handle=slow)
    lent.arrive(told(uuid4(), 1))
    with lent.running.engine.connect() as connection:
        (event,) = parking.listed(connection)
    assert (event.status, event.code) == ("retrying", "OperationalError")
