"""Which bundles were made, for whom, over which checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.audit.storage import tables

exports = tables.exports


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A bundle that was made; the log makes the same bytes again."""

    id: UUID
    referral: UUID
    organisation: UUID | None
    """Whose request it was; None for the platform's operator."""
    requested_by: str
    size: int
    """Of the checkpoint it is proved by."""
    leaves: int
    sha256: bytes
    made_at: datetime
    witnessed: str | None = None
    """The newest checkpoint that anybody had countersigned by then, as a note."""


_RECORD = [exports.c[name] for name in Export.__slots__]
"""All but the PDF, which is read only where it goes into a bundle."""


class Exports:
    """The list of bundles made."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and add within the transaction of *connection*."""
        self._connection = connection

    def add(self, export: Export, document: bytes) -> None:
        """Remember *export*, and the PDF in it: who knows how a later version would draw it."""
        row: dict[str, Any] = {name: getattr(export, name) for name in Export.__slots__}
        self._connection.execute(sa.insert(exports).values(row | {"document": document}))

    def document(self, id_: UUID) -> bytes | None:
        """Return the PDF in an export; None in those made before there were any."""
        found = self._connection.execute(sa.select(exports.c.document).filter_by(id=id_)).scalar()
        return bytes(found) if found else None

    def one(self, id_: UUID) -> Export | None:
        """Return it."""
        row = self._connection.execute(sa.select(*_RECORD).filter_by(id=id_)).mappings().first()
        return Export(**row) if row else None

    def recent(
        self, *, organisation: UUID | None, after: Sequence[Any] | None, limit: int
    ) -> list[Export]:
        """Return up to *limit*, newest first, after the moment and id *after*.

        Only those of *organisation* where given.
        """
        query = sa.select(*_RECORD).order_by(exports.c.made_at.desc(), exports.c.id.desc())
        if organisation is not None:
            query = query.where(exports.c.organisation == organisation)
        if after is not None:
            moment, id_ = datetime.fromisoformat(after[0]), UUID(after[1])
            query = query.where(sa.tuple_(exports.c.made_at, exports.c.id) < (moment, id_))
        return [Export(**row) for row in self._connection.execute(query.limit(limit)).mappings()]
