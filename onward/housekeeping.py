"""What every service does by the clock: carry parked events on, show gaps, forget what is old enough."""

from typing import Any

import sqlalchemy as sa

from onward import parking
from onward.service import RunningService, Tick

PORTION = 20_000
"""Rows of one table that one round deletes at most, so that a round ends in time however late it is."""

# Moments that the database stamped are compared with its own clock: a rehearsal's passing days age nothing.
# now() stays the same within a statement, so that an index can serve; clock_timestamp() read every row.
_OLD = {
    # A sent event is kept for a week, so that a receiver's loss can still be made good.
    "outbox": "sent_at < now() - interval '7 days'",
    # NServiceBus's rule: longer than the longest retry, a human's included.
    "inbox": "received_at < now() - interval '30 days'",
    "idempotency": "created_at < now() - interval '7 days'",
    "parked": "status = 'resolved' AND decided_at < CAST(:now AS timestamptz) - interval '30 days'",
    "ended_sessions": "expires_at < :now",
}
FORGET = [
    sa.text(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - names from the table above
        f"SELECT ctid FROM {table} WHERE {old} LIMIT {PORTION} FOR UPDATE SKIP LOCKED))"
    )
    for table, old in _OLD.items()
]


def carry_on(running: RunningService) -> None:
    """Try parked events whose turn has come."""
    running.inbox.carry_on()


def show_gaps(running: RunningService) -> None:
    """Put events whose predecessor never came before an operator."""
    parking.show_gaps(running.database)


def forget(running: RunningService) -> None:
    """Delete rows that have done their duty."""
    for statement in FORGET:
        with running.database.transaction() as uow:
            given: dict[str, Any] = {"now": uow.now} if ":now" in statement.text else {}
            uow.connection.execute(statement, given)


TICKS = (
    Tick(name="carry-on", every=1, run=carry_on),
    Tick(name="show-gaps", every=60, run=show_gaps),
    Tick(name="forget", every=60, run=forget),
)
