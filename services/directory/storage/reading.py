"""Read rows as the domain's own values: columns and fields have the same names."""

from dataclasses import fields
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


def columns(table: sa.Table, made: type[Any]) -> list[sa.Column[Any]]:
    """Return the columns of *table* that hold the fields of the dataclass *made*."""
    return [table.c[field.name] for field in fields(made)]


def read_all(connection: sa.Connection, wanted: sa.Executable, made: type[T]) -> list[T]:
    """Return every row as a value of *made*."""
    return [made(**row) for row in connection.execute(wanted).mappings()]


def read_first(connection: sa.Connection, wanted: sa.Executable, made: type[T]) -> T | None:
    """Return the first row as a value of *made*, or None without one."""
    row = connection.execute(wanted).mappings().first()
    return None if row is None else made(**row)
