"""Keep how every entry became what it is: one row per version, written with the change, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.identity import Actor
from services.directory.domain.history import Change, Entry, Kind
from services.directory.domain.snapshots import read, written
from services.directory.storage.tables import entry_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One row: how a version came about, and the entry as it stood before."""

    change: Change
    before: Entry | None


class History:
    """Versions by entry."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep(
        self,
        changes: Sequence[tuple[Entry, Entry | None]],
        *,
        by: Actor,
        at: datetime,
        restores: int | None = None,
    ) -> None:
        """Write of each that the first is its newest version, instead of the second; None for a new one."""
        made = {"changed_at": at, "role": by.role, "organisation": by.organisation}
        rows = [
            {
                "entry_id": entry.id,
                "version": entry.version,
                "kind": Kind.of(entry),
                "restores": restores,
                "before": None if before is None else written(before),
                **made,
            }
            for entry, before in changes
        ]
        if rows:
            self._connection.execute(sa.insert(entry_versions), rows)

    def rows(self, kind: Kind, entry_id: UUID, *, upto: int, limit: int) -> Sequence[Kept]:
        """Return *limit* rows of an entry from version *upto* on, the newest first."""
        column = entry_versions.c
        wanted = sa.select(entry_versions).where(
            column.entry_id == entry_id, column.kind == kind, column.version <= upto
        )
        rows = self._connection.execute(wanted.order_by(column.version.desc()).limit(limit))
        return [_kept(kind, row) for row in rows.mappings()]

    def find(self, kind: Kind, entry_id: UUID, version: int) -> Entry | None:
        """Return an entry as it stood in an earlier *version*; None where nothing of it is kept."""
        wanted = sa.select(entry_versions.c.before).filter_by(
            entry_id=entry_id, kind=kind, version=version + 1
        )
        said = self._connection.scalar(wanted)
        return None if said is None else read(kind.made, said)


def _kept(kind: Kind, row: Any) -> Kept:
    change = Change(
        version=row["version"],
        at=row["changed_at"],
        role=row["role"],
        organisation=row["organisation"],
        restores=row["restores"],
    )
    said = row["before"]
    return Kept(change=change, before=None if said is None else read(kind.made, said))
