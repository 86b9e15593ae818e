"""Find entries by their names, and names by ids, whatever kind they are of."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.directory.storage.sandboxes import is_seen
from services.directory.storage.tables import organisations, programmes, services

ENTRIES: Final[Mapping[str, sa.Table]] = {
    "organisation": organisations,
    "programme": programmes,
    "service": services,
}
_WHOSE: Final = {"organisation": "id", "programme": "lead", "service": "recipient"}
"""The column with the organisation that answers for an entry."""
_NUMBERS: Final = ("ods_code", "charity_number")


class Names:
    """Names of organisations, programmes and services."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read through *connection*."""
        self._connection = connection

    def called(self, kind: str, text: str) -> Sequence[UUID]:
        """Return the entries of *kind* that are called *text*, or have it as public number or as id."""
        table = ENTRIES[kind]
        ways = [sa.func.lower(table.c.name) == text.lower()]
        ways += [table.c[number] == text.upper() for number in _NUMBERS if number in table.c]
        if id_ := _id(text):
            ways.append(table.c.id == id_)
        wanted = sa.select(table.c.id).where(sa.or_(*ways), is_seen(table.c[_WHOSE[kind]], None))
        wanted = wanted.order_by(table.c.id).limit(10)
        return self._connection.scalars(wanted).all()

    def of(self, ids: Collection[UUID]) -> dict[str, str]:
        """Return the names of those of *ids* that are entries, by id as text."""
        if not ids:
            return {}
        parts = [
            sa.select(table.c.id, table.c.name).where(table.c.id.in_(ids))
            for table in ENTRIES.values()
        ]
        rows = self._connection.execute(sa.union_all(*parts))
        return {str(row.id): row.name for row in rows}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
