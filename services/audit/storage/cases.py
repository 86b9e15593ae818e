"""Case files: what somebody looks into, kept with the checkpoint that they saw it under."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.audit.storage import tables
from services.audit.storage.entries import Filters
from services.audit.storage.sealing import seal, unseal

cases = tables.cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case file without its notes."""

    id: UUID
    organisation: UUID | None
    """Whose auditors see it; None for the platform's operators."""
    made_by: str
    made_at: datetime
    size: int
    """Of the log when somebody last took note of how it stood."""
    looked_at: datetime
    """When that was."""
    title: str
    search: Filters | None
    """What is looked for besides the referrals in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that somebody wrote into a case file."""

    id: UUID
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A referral in a case file, and how much the log says about it."""

    referral: UUID
    leaves: int
    new: int
    """How many of them came since the case file's checkpoint."""


_SEARCHED = ("referral", "organisation", "principal", "action", "since", "until")
_WATCHED = sa.text(
    """
    SELECT kept.referral, count(leaves.number) AS leaves,
        count(leaves.number) FILTER (WHERE leaves.number >= :size) AS new
    FROM case_referrals kept LEFT JOIN leaves ON leaves.referral = kept.referral
    WHERE kept.case_id = :case GROUP BY kept.referral, kept.added_at
    ORDER BY kept.added_at, kept.referral
    """
)


class Cases:
    """Case files by id; whoever asks for one names whose they may see."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def add(self, case: Case, *, secret_key: str) -> None:
        """Keep a new one."""
        plain = ("id", "organisation", "made_by", "made_at", "size", "looked_at")
        row: dict[str, Any] = {name: getattr(case, name) for name in plain}
        row["sealed_title"] = seal(secret_key, case.title, case=case.id)
        row["has_search"] = case.search is not None
        if case.search:
            row |= {f"search_{name}": getattr(case.search, name) for name in _SEARCHED}
        self._connection.execute(sa.insert(cases).values(row))

    def of(self, organisation: UUID | None, *, secret_key: str, most: int) -> list[Case]:
        """Return up to *most* that an organisation's auditors see, newest first."""
        query = sa.select(cases).where(cases.c.organisation.is_not_distinct_from(organisation))
        query = query.order_by(cases.c.made_at.desc(), cases.c.id).limit(most)
        return [_case(row, secret_key) for row in self._connection.execute(query).mappings()]

    def one(
        self, id_: UUID, organisation: UUID | None, *, secret_key: str, lock: bool = False
    ) -> Case | None:
        """Return one that an organisation's auditors see; with *lock*, nobody changes it until commit."""
        query = sa.select(cases).where(
            cases.c.id == id_, cases.c.organisation.is_not_distinct_from(organisation)
        )
        row = (
            self._connection.execute(query.with_for_update() if lock else query).mappings().first()
        )
        return _case(row, secret_key) if row else None

    def watched(self, case: Case) -> list[Watched]:
        """Return the referrals in it, in the order they were put in, and what the log has of each."""
        found = self._connection.execute(_WATCHED, {"case": case.id, "size": case.size})
        return [Watched(**row) for row in found.mappings()]

    def put_in(self, case: Case, referrals: Sequence[UUID], *, at: datetime) -> None:
        """Put referrals into it; those that are in it already stay as they are."""
        added = [{"case_id": case.id, "referral": each, "added_at": at} for each in referrals]
        rows.complete(self._connection, tables.case_referrals, added)

    def write(self, case: Case, note: Note, *, secret_key: str) -> None:
        """Write a note into it."""
        sealed = seal(secret_key, note.text, case=case.id)
        self._connection.execute(
            sa.insert(tables.case_notes).values(
                id=note.id, case_id=case.id, by=note.by, at=note.at, sealed_text=sealed
            )
        )

    def notes(self, case: Case, *, secret_key: str) -> list[Note]:
        """Return what was written into it, oldest first."""
        notes = tables.case_notes
        query = sa.select(notes).filter_by(case_id=case.id).order_by(notes.c.at, notes.c.id)
        return [
            Note(
                id=row.id,
                by=row.by,
                at=row.at,
                text=unseal(secret_key, bytes(row.sealed_text), case=case.id),
            )
            for row in self._connection.execute(query)
        ]

    def look(self, case: Case, *, size: int, at: datetime) -> None:
        """Hold it against the log of *size* leaves from now on."""
        self._connection.execute(
            sa.update(cases).filter_by(id=case.id).values(size=size, looked_at=at)
        )

    def drop(self, case: Case) -> None:
        """Forget it, and all that was written into it."""
        for table in (tables.case_notes, tables.case_referrals):
            self._connection.execute(sa.delete(table).filter_by(case_id=case.id))
        self._connection.execute(sa.delete(cases).filter_by(id=case.id))


def _case(row: sa.RowMapping, secret_key: str) -> Case:
    search = Filters(**{name: row[f"search_{name}"] for name in _SEARCHED})
    return Case(
        id=row["id"],
        organisation=row["organisation"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        size=row["size"],
        looked_at=row["looked_at"],
        title=unseal(secret_key, bytes(row["sealed_title"]), case=row["id"]),
        search=search if row["has_search"] else None,
    )
