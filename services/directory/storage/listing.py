"""Read lists page by page, in the order of a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a list to read."""

    limit: int
    after: Sequence[Any] | None = None
    """Name in small letters and id of the last entry of the part before; None for the first."""


def by_name(wanted: sa.Select[Any], table: sa.Table, part: Part) -> sa.Select[Any]:
    """Return *wanted* in the order of the names in *table*, cut to *part*."""
    key = sa.tuple_(sa.func.lower(table.c.name), table.c.id)
    if part.after:
        name, id_ = part.after
        wanted = wanted.where(key > sa.tuple_(sa.literal(str(name)), sa.literal(UUID(str(id_)))))
    return wanted.order_by(sa.func.lower(table.c.name), table.c.id).limit(part.limit)


def contains(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """Return whether *column* holds *text*, whatever the case of its letters."""
    return column.icontains(text, autoescape=True)
