"""Read rows as the domain's own values: columns and fields have the same names."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from psycopg2.errorcodes import UNIQUE_VIOLATION

from onward.database import ContendedError

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


def read_above(connection: sa.Connection, table: sa.Table, id_: UUID) -> list[UUID]:
    """Return *id_* and what it is ``part_of``, and so on upwards, each locked; ends at a circle."""
    chain: list[UUID] = []
    above: UUID | None = id_
    while above is not None and above not in chain:
        chain.append(above)
        wanted = sa.select(table.c.part_of).filter_by(id=above).with_for_update()
        above = connection.scalar(wanted)
    return chain


@contextmanager
def racing() -> Iterator[None]:
    """Turn the refusal of what was free a moment ago into `ContendedError`: whoever tries again sees why."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        if getattr(error.orig, "pgcode", None) == UNIQUE_VIOLATION:
            raise ContendedError from error
        raise
