"""Keep deadlines: rows with a moment, a ladder of reminders, and how far up it they were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.referral.domain.handoff import Handoff
from services.referral.domain.timing import Kind, ladder, running
from services.referral.storage.handoffs import handoff_from
from services.referral.storage.tables import deadlines, handoffs

Change = tuple[Handoff | None, Handoff]
"""A handoff before and after a move; before is None for a new one."""

_CLAIM = (
    sa.select(
        handoffs,
        deadlines.c.kind.label("kind"),
        deadlines.c.id.label("deadline_id"),
        deadlines.c.due_at,
        deadlines.c.ladder,
        deadlines.c.rung,
    )
    .join_from(deadlines, handoffs, handoffs.c.id == deadlines.c.handoff_id)
    .where(deadlines.c.running, deadlines.c.next_at <= sa.bindparam("now"))
    .order_by(deadlines.c.next_at)
    .limit(sa.bindparam("most"))
    .with_for_update(of=[deadlines, handoffs], skip_locked=True)
)
_CLIMB = (
    sa.update(deadlines)
    .where(
        deadlines.c.handoff_id == sa.bindparam("of_handoff"),
        deadlines.c.kind == sa.bindparam("of_kind"),
    )
    .values(rung=sa.bindparam("to_rung"), next_at=sa.bindparam("again_at"))
)


def _upsert() -> pg.Insert:
    """Return the statement that starts a deadline; built once, because compiling it is not cheap."""
    insert = pg.insert(deadlines)
    new, old = insert.excluded, deadlines.c
    is_offer = old.kind == Kind.OFFER.value
    hours = sa.func.make_interval(0, 0, 0, 0, old.ladder[old.rung + 1])
    return insert.on_conflict_do_update(
        index_elements=["handoff_id", "kind"],
        set_={
            "id": sa.case((is_offer, new.id), else_=old.id),
            "due_at": new.due_at,
            "rung": sa.case((is_offer, 0), else_=old.rung),
            "next_at": sa.case((is_offer, new.next_at), else_=new.due_at + hours),
            "running": True,
        },
    )


_START = _upsert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A deadline whose moment, or next reminder, has come."""

    handoff: Handoff
    kind: Kind
    id: UUID
    due_at: datetime
    ladder: tuple[int, ...]
    rung: int
    """The rung to be told now, 1 first."""

    @property
    def again_at(self) -> datetime | None:
        """When the rung after this one is told."""
        if self.rung >= len(self.ladder):
            return None
        return self.due_at + timedelta(hours=self.ladder[self.rung])


class Deadlines:
    """Deadlines by handoff and kind."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def follow(self, *changes: Change) -> None:
        """Let run what runs after each move, and stop what no longer does."""
        starting, stopping = [], []
        for before, after in changes:
            ran = running(before.status, before.due) if before else {}
            runs = running(after.status, after.due)
            stopping += [(after.id, kind.value) for kind in ran if kind not in runs]
            starting += [_row(after, kind, at) for kind, at in runs.items() if ran.get(kind) != at]
        self._stop(stopping)
        self._start(starting)

    def claim(self, now: datetime, *, most: int) -> list[Reached]:
        """Return up to *most* deadlines to act on now; other processes pass them by until commit.

        Their handoffs are locked with them. One that somebody is moving at this moment is left for later.
        """
        rows = self._connection.execute(_CLAIM, {"now": now, "most": most})
        return [
            Reached(
                handoff=handoff_from(row),
                kind=Kind(row.kind),
                id=row.deadline_id,
                due_at=row.due_at,
                ladder=row.ladder,
                rung=row.rung + 1,
            )
            for row in rows
        ]

    def climb(self, told: Sequence[Reached]) -> None:
        """Write down that these were told, so that each rung is told once."""
        rows = [
            {
                "of_handoff": one.handoff.id,
                "of_kind": one.kind.value,
                "to_rung": one.rung,
                "again_at": one.again_at,
            }
            for one in told
        ]
        if rows:
            self._connection.execute(_CLIMB, rows)

    def _stop(self, keys: Sequence[tuple[UUID, str]]) -> None:
        if keys:
            these = sa.tuple_(deadlines.c.handoff_id, deadlines.c.kind).in_(keys)
            self._connection.execute(sa.update(deadlines).where(these).values(running=False))

    def _start(self, rows: Sequence[dict[str, object]]) -> None:
        """Write new deadlines, and run those again that had stopped.

        One that comes back goes on from the rung it had reached; a new offer is a new deadline.
        """
        if rows:
            self._connection.execute(_START, list(rows))


def _row(handoff: Handoff, kind: Kind, at: datetime) -> dict[str, object]:
    return {
        "handoff_id": handoff.id,
        "kind": kind.value,
        "id": uuid4(),
        "due_at": at,
        "ladder": list(ladder(kind)),
        "rung": 0,
        "next_at": at,
        "running": True,
    }
