"""A set of rows in one statement: what PostgreSQL makes of it."""

from uuid import uuid4

import sqlalchemy as sa

from onward import rows, tables
from tests.integration.kernel.conftest import Lent

STORED = 5_000


def test_a_few_rows_are_met_by_an_index_and_not_by_reading_the_whole_table(hearing: Lent) -> None:
    stored = [{"event_id": uuid4(), "key": "before"} for _ in range(STORED)]
    with hearing.database.transaction() as uow:
        rows.insert(uow.connection, tables.inbox, stored)
    with hearing.database.transaction() as uow:
        rows.change(uow.connection, tables.inbox, [stored[0] | {"key": "after"}])
        plans = sa.text(
            "SELECT name FROM pg_prepared_statements WHERE statement ~ 'UPDATE .inbox.'"
        )
        name = uow.connection.scalars(plans).one()
        plan = "\n".join(uow.connection.scalars(sa.text(f"EXPLAIN EXECUTE {name} ('[]')")))
        changed = "SELECT count(*) FROM inbox WHERE key = 'after'"
        assert uow.connection.scalar(sa.text(changed)) == 1
    assert "Index Scan" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_no_row_of_a_large_set_is_left_out(hearing: Lent) -> None:
    stored = [{"event_id": uuid4(), "key": "before"} for _ in range(STORED)]
    with hearing.database.transaction() as uow:
        rows.insert(uow.connection, tables.inbox, stored)
        rows.change(uow.connection, tables.inbox, [row | {"key": "after"} for row in stored])
        counted = sa.text("SELECT key, count(*) FROM inbox GROUP BY key")
        assert uow.connection.execute(counted).all() == [("after", STORED)]
