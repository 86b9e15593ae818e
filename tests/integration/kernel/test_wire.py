"""Few messages, the same promises: what waits is said in its turn, and counts with its transaction."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from onward import rows, tables
from onward.planned import later, planned
from tests.integration.kernel.conftest import Lent


def seen(key: str) -> dict[str, object]:
    return {"event_id": uuid4(), "key": key}


def kept(lent: Lent) -> list[str]:
    with lent.database.transaction() as uow:
        return list(uow.connection.scalars(sa.text("SELECT key FROM inbox ORDER BY key")))


def test_a_transaction_that_asks_nothing_is_one_message(hearing: Lent) -> None:
    with hearing.database.transaction() as uow:
        rows.insert(uow.connection, tables.inbox, [seen("planned")])  # each connection plans once
        (pid,) = uow.connection.execute(sa.text("SELECT pg_backend_pid()")).one()
    with hearing.database.transaction() as uow:
        for key in ("first", "100 %s"):
            rows.insert(uow.connection, tables.inbox, [seen(key)])
    with hearing.running.engine.connect(), hearing.running.engine.connect() as other:
        query = sa.text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
        said = other.execute(query, {"pid": pid}).scalar_one()
    assert said.startswith("BEGIN;EXECUTE ")
    assert said.count("EXECUTE ") == 2
    assert said.endswith(";COMMIT")
    assert kept(hearing) == ["100 %s", "first", "planned"]


def test_what_waits_is_there_for_the_next_question(hearing: Lent) -> None:
    with hearing.database.transaction() as uow:
        rows.insert(uow.connection, tables.inbox, [seen("100 %")])
        query = sa.text("SELECT key FROM inbox WHERE key <> :other")
        assert uow.connection.scalars(query, {"other": "else"}).all() == ["100 %"]


def test_the_failure_of_what_waited_undoes_its_transaction_and_nothing_else(
    hearing: Lent,
) -> None:
    row = seen("twice")

    def twice() -> None:
        with hearing.database.transaction() as uow:
            rows.insert(uow.connection, tables.inbox, [seen("before")])
            rows.insert(uow.connection, tables.inbox, [row])
            rows.insert(uow.connection, tables.inbox, [row])

    with pytest.raises(sa.exc.IntegrityError):
        twice()
    assert kept(hearing) == []
    with hearing.database.transaction() as uow:
        rows.insert(uow.connection, tables.inbox, [row])
    assert kept(hearing) == ["twice"]


def test_what_waited_is_forgotten_with_a_transaction_that_is_undone(hearing: Lent) -> None:
    def change_of_mind() -> None:
        with hearing.database.transaction() as uow:
            rows.insert(uow.connection, tables.inbox, [seen("undone")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_of_mind()
    assert kept(hearing) == []


def test_many_rows_of_one_statement_commit_or_vanish_together(hearing: Lent) -> None:
    row = seen("same")

    def insert() -> None:
        with hearing.database.transaction() as uow:
            statement = sa.text("INSERT INTO inbox (event_id, key) VALUES (:event_id, :key)")
            uow.connection.execute(statement, [seen("other"), row, row])

    with pytest.raises(sa.exc.IntegrityError):
        insert()
    assert kept(hearing) == []


def plans(connection: sa.Connection) -> int:
    query = sa.text(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%100 percent%'"
    )
    return int(connection.execute(query).scalar_one())


def test_what_is_said_often_is_planned_once_even_by_a_transaction_that_was_undone(
    hearing: Lent,
) -> None:
    often = planned(
        sa.text("SELECT key FROM inbox WHERE key <> '100 percent %' AND key = ANY(:keys)")
    )
    with hearing.running.engine.connect() as connection:
        for number, key in enumerate(("first", "second", "third")):
            rows.insert(connection, tables.inbox, [seen(key)])
            assert connection.scalars(often, {"keys": [key, "none"]}).all() == [key]
            assert plans(connection) == 1
            connection.rollback() if number == 0 else connection.commit()
    assert kept(hearing) == ["second", "third"]


def test_what_needs_no_answer_waits_planned_or_not(hearing: Lent) -> None:
    write = sa.text("INSERT INTO inbox (event_id, key) VALUES (:id, :key)")
    with hearing.database.transaction() as uow:
        for key in ("first", "100 %"):
            later(uow.connection, write, {"id": uuid4(), "key": key})
        assert uow.connection.scalars(sa.text("SELECT key FROM inbox ORDER BY key")).all() == [
            "100 %",
            "first",
        ]
