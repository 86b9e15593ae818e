"""Send a whole batch of rows to PostgreSQL as one parameter of a statement it has planned already.

The rows travel as JSON, which both ends read and write in C: beside a statement with a parameter per value,
100 rows cost a tenth of our processor time and half of the server's (benchmarks/RESULTS.md).
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

import orjson
import psycopg2
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from onward.planned import say_later, say_planned
from onward.wire import READ_ONLY

Rows = Sequence[Mapping[str, Any]]

_FEW = """(
    SELECT * FROM json_to_recordset(%(rows)s) AS told ({types}) LIMIT (SELECT CAST(NULL AS bigint))
) AS rows"""
"""All the rows. PostgreSQL takes any such set for a hundred and would read through whole tables to meet them;
of one with a limit that it does not know, such as none, it expects a tenth."""


class Statement:
    """SQL over a set of rows; each connection parses and plans it once."""

    def __init__(self, text: str, **columns: str) -> None:
        """Read the rows where *text* says ``{rows}``; *columns* are their names and PostgreSQL types."""
        types = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        self._text = text.format(rows=_FEW.format(types=types))

    def __call__(self, connection: sa.Connection, rows: Rows) -> list[tuple[Any, ...]]:
        """Run it on *rows*, each a mapping of all columns to what JSON, dates, UUIDs or bytes can say.

        Returns what it returns. Says it to the driver itself: SQLAlchemy's way costs as much again.
        """
        try:
            with closing(connection.connection.cursor()) as cursor:
                say_planned(cursor, self._text, {"rows": _json(rows)})
                return list(cursor.fetchall()) if cursor.description else []
        except psycopg2.Error as error:
            if error.pgcode in {None, READ_ONLY}:
                connection.invalidate(error)
            raise sa.exc.DBAPIError.instance(
                self._text, None, error, psycopg2.Error, hide_parameters=True
            ) from error

    def later(self, connection: sa.Connection, rows: Rows) -> None:
        """Run it on *rows* before whatever *connection* says next, in one message with that.

        For statements that return nothing; where one fails, what is said next raises its error.
        """
        say_later(connection, self._text, {"rows": _json(rows)})


def insert(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert *rows*, all with the same columns of *table*, in one statement."""
    if rows:
        _insertion(table, tuple(rows[0])).later(connection, rows)


def keep(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert *rows*, or overwrite those that are there under the same primary key."""
    if rows:
        names = tuple(rows[0])
        otherwise = f"UPDATE SET {_settings(table, names, 'excluded')}"
        _insertion(table, names, otherwise).later(connection, rows)


def complete(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert those of *rows* that are not there yet under the same primary key."""
    if rows:
        _insertion(table, tuple(rows[0]), "NOTHING").later(connection, rows)


def change(connection: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Overwrite what *rows* say of those that are there under the same primary key."""
    if rows:
        _update(table, tuple(rows[0])).later(connection, rows)


@cache
def _insertion(table: sa.Table, names: tuple[str, ...], otherwise: str | None = None) -> Statement:
    """Return what inserts rows; *otherwise* is what to do with those that are there already."""
    columns = ", ".join(map(_quoted, names))
    text = f"INSERT INTO {_quoted(table.name)} ({columns}) SELECT {columns} FROM {{rows}}"  # noqa: S608 - declared
    if otherwise:
        keys = ", ".join(map(_quoted, table.primary_key.columns.keys()))
        text += f" ON CONFLICT ({keys}) DO {otherwise}"
    return Statement(text, **_types(table, names))


@cache
def _update(table: sa.Table, names: tuple[str, ...]) -> Statement:
    keys = map(_quoted, table.primary_key.columns.keys())
    same = " AND ".join(f"kept.{key} = rows.{key}" for key in keys)
    settings = _settings(table, names, "rows")
    text = f"UPDATE {_quoted(table.name)} AS kept SET {settings} FROM {{rows}} WHERE {same}"  # noqa: S608 - declared
    return Statement(text, **_types(table, names))


def _settings(table: sa.Table, names: tuple[str, ...], source: str) -> str:
    changing = [_quoted(name) for name in names if name not in table.primary_key.columns]
    return ", ".join(f"{name} = {source}.{name}" for name in changing)


def _types(table: sa.Table, names: tuple[str, ...]) -> dict[str, str]:
    dialect: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {name: table.c[name].type.compile(dialect) for name in names}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _json(rows: Rows) -> str:
    return orjson.dumps(rows, default=_bytes).decode()


def _bytes(value: object) -> str:
    if isinstance(value, bytes):
        return rf"\x{value.hex()}"
    raise TypeError(type(value).__name__)
