"""Keep imports and their reports; whoever works on one holds it for a while, and loses it by silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, OnwardError
from onward.identity import Role
from onward.ids import new_id
from onward.tables import Moment
from services.directory.domain.imports import (
    RESULTS,
    Format,
    Import,
    Line,
    Mistake,
    Progress,
    State,
)
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.storage.columns import Coded, Parts, Words
from services.directory.storage.reading import columns, read_all, read_first
from services.directory.storage.tables import metadata

HELD: Final = timedelta(seconds=60)
"""After so long without a sign whoever works on an import is taken for dead."""

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("organisation", sa.Uuid, nullable=False),
    sa.Column("role", Coded(Role), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("format", Coded(Format), nullable=False),
    sa.Column("organisation_kind", Coded(OrganisationKind)),
    sa.Column("service_kind", Coded(CapacityKind)),
    sa.Column("content", sa.LargeBinary),
    sa.Column("state", Coded(State), nullable=False),
    sa.Column("total", sa.Integer),
    sa.Column("problem", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_by", sa.Uuid),
    sa.Column("held_until", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'broken')", name="state"),
    sa.CheckConstraint(
        "(state IN ('done', 'broken')) = (finished_at IS NOT NULL)"
        " AND (state IN ('done', 'broken')) = (content IS NULL)",
        name="over",
    ),
    sa.Index("ix_imports_open", "created_at", postgresql_where=sa.text("finished_at IS NULL")),
    sa.Index(None, "organisation", "created_at"),
    sa.Index(None, "finished_at"),
    comment="Files on their way into the directory; the content goes when they are done.",
)
import_lines = sa.Table(
    "import_lines",
    metadata,
    sa.Column(
        "import_id", sa.Uuid, sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("entry_id", sa.Uuid),
    sa.Column("name", sa.Text),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("changed", Words, nullable=False),
    sa.Column("mistakes", Parts(Mistake), nullable=False),
    sa.Column("left_out", Words, nullable=False),
    sa.CheckConstraint("result IN ('added', 'changed', 'unchanged', 'refused')", name="result"),
    comment="What became of each entry of an import; written with the entry itself.",
)
_IMPORT = columns(imports, Import)
_LINE = columns(import_lines, Line)


class LostError(OnwardError):
    """Somebody else works on the import now: it was held for too long without a sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An import to work on."""

    job: Import
    by: UUID
    """Who holds it: one run of one process."""
    content: bytes
    done: frozenset[int]
    """Numbers of the entries that were dealt with before."""
    tries: int
    """How often it was taken up, this time included."""


class Imports:
    """Imports by id."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, job: Import, content: bytes) -> None:
        """Write a new one with the file's *content*."""
        values = {field.name: getattr(job, field.name) for field in fields(Import)}
        self._connection.execute(sa.insert(imports).values(**values, content=content))

    def get(self, import_id: UUID, *, organisation: UUID | None) -> Progress:
        """Return one, of *organisation* if named. Raises `NotFoundError`."""
        wanted = sa.select(*_IMPORT).filter_by(id=import_id)
        if organisation:
            wanted = wanted.filter_by(organisation=organisation)
        job = read_first(self._connection, wanted, Import)
        if job is None:
            raise NotFoundError("import")
        return Progress(job=job, counts=self._counts([job.id])[job.id])

    def latest(self, *, organisation: UUID | None, limit: int) -> list[Progress]:
        """Return the latest ones first, of *organisation* if named."""
        wanted = sa.select(*_IMPORT).order_by(imports.c.created_at.desc(), imports.c.id.desc())
        if organisation:
            wanted = wanted.filter_by(organisation=organisation)
        jobs = read_all(self._connection, wanted.limit(limit), Import)
        counts = self._counts([job.id for job in jobs])
        return [Progress(job=job, counts=counts[job.id]) for job in jobs]

    def lines(
        self, import_id: UUID, *, result: str | None = None, after: int = -1, limit: int
    ) -> list[Line]:
        """Return lines of a report from behind number *after* on, all or those with one *result*."""
        wanted = sa.select(*_LINE).filter_by(import_id=import_id)
        if result:
            wanted = wanted.filter_by(result=result)
        wanted = wanted.where(import_lines.c.number > after).order_by(import_lines.c.number)
        return read_all(self._connection, wanted.limit(limit), Line)

    def take(self, *, at: datetime) -> Held | None:
        """Hold the oldest one that nobody works on; None where there is none."""
        column = imports.c
        free = sa.or_(column.held_until.is_(None), column.held_until < at)
        oldest = sa.select(column.id).where(column.finished_at.is_(None), free)
        oldest = oldest.order_by(column.created_at).limit(1).with_for_update(skip_locked=True)
        by = new_id()
        taken = sa.update(imports).where(column.id.in_(oldest))
        taken = taken.values(
            state=State.RUNNING, held_by=by, held_until=at + HELD, tries=column.tries + 1
        )
        wanted = taken.returning(*_IMPORT, column.content, column.tries)
        row = self._connection.execute(wanted).mappings().first()
        if row is None:
            return None
        values = dict(row)
        content, tries = bytes(values.pop("content")), values.pop("tries")
        numbers = sa.select(import_lines.c.number).filter_by(import_id=values["id"])
        done = frozenset(self._connection.scalars(numbers))
        return Held(job=Import(**values), by=by, content=content, done=done, tries=tries)

    def hold(self, held: Held, *, at: datetime, total: int | None = None) -> None:
        """Give a sign of work. Raises `LostError` where somebody else has taken it over."""
        values: dict[str, Any] = {"held_until": at + HELD}
        if total is not None:
            values["total"] = total
        self._write(held, values)

    def report(self, held: Held, lines: Sequence[Line]) -> None:
        """Add *lines* to the report."""
        if lines:
            names = [column.name for column in _LINE]
            rows = [
                {"import_id": held.job.id} | {name: getattr(line, name) for name in names}
                for line in lines
            ]
            self._connection.execute(sa.insert(import_lines), rows)

    def finish(self, held: Held, *, at: datetime, problem: str | None = None) -> None:
        """End it, and let the file go; with a *problem* where it could not be read."""
        state = State.BROKEN if problem else State.DONE
        ended = {"held_by": None, "held_until": None, "finished_at": at, "content": None}
        self._write(held, {**ended, "state": state, "problem": problem})

    def forget(self, *, before: datetime) -> None:
        """Remove what was finished *before*."""
        self._connection.execute(sa.delete(imports).where(imports.c.finished_at < before))

    def _write(self, held: Held, values: Mapping[str, Any]) -> None:
        mine = sa.update(imports).filter_by(id=held.job.id, held_by=held.by)
        if not self._connection.execute(mine.values(**values)).rowcount:
            raise LostError

    def _counts(self, import_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
        found = {id_: dict.fromkeys(RESULTS, 0) for id_ in import_ids}
        column = import_lines.c
        counted = sa.select(column.import_id, column.result, sa.func.count().label("times"))
        counted = counted.where(column.import_id.in_(import_ids))
        for row in self._connection.execute(counted.group_by(column.import_id, column.result)):
            found[row.import_id][row.result] = row.times
        return found
