"""Keep deadlines: rows with a moment, a ladder of reminders, and how far up it they were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from onward.ids import new_id
from onward.rows import Statement
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


_START = Statement(
    """
    INSERT INTO deadlines AS old
        (handoff_id, kind, id, due_at, ladder, rung, next_at, running)
    SELECT handoff_id, kind, id, due_at, ladder, 0, due_at, true FROM {rows}
    ON CONFLICT (handoff_id, kind) DO UPDATE SET
        id = CASE WHEN old.kind = 'offer' THEN excluded.id ELSE old.id END,
        due_at = excluded.due_at,
        ladder = excluded.ladder,
        rung = CASE WHEN old.kind = 'offer' THEN 0 ELSE old.rung END,
        next_at = CASE WHEN old.kind = 'offer' THEN excluded.next_at
            ELSE excluded.due_at + make_interval(hours => excluded.ladder[old.rung + 1]) END,
        running = true
    """,
    handoff_id="uuid",
    kind="text",
    id="uuid",
    due_at="timestamptz",
    ladder="smallint[]",
)
_STOP = Statement(
    """
    UPDATE deadlines SET running = false FROM {rows}
    WHERE deadlines.handoff_id = rows.handoff_id AND deadlines.kind = rows.kind
    """,
    handoff_id="uuid",
    kind="text",
)


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
            _STOP.later(
                self._connection, [{"handoff_id": id_, "kind": kind} for id_, kind in keys]
            )

    def _start(self, rows: Sequence[dict[str, object]]) -> None:
        """Write new deadlines, and run those again that had stopped.

        One that comes back goes on from the rung it had reached; a new offer is a new deadline.
        """
        if rows:
            _START.later(self._connection, rows)


def _row(handoff: Handoff, kind: Kind, at: datetime) -> dict[str, object]:
    return {
        "handoff_id": handoff.id,
        "kind": kind.value,
        "id": new_id(),
        "due_at": at,
        "ladder": ladder(kind, at, handoff.policy),
    }
