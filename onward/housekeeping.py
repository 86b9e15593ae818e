"""What every service does by the clock: carry parked events on, show gaps, forget what is old enough."""

from typing import Any

import sqlalchemy as sa

from onward import parking
from onward.service import RunningService, Tick

_FORGET = {
    name: sa.text(statement)
    for name, statement in {
        # A sent event is kept for a week, so that a receiver's loss can still be made good.
        "outbox": "DELETE FROM outbox WHERE sent_at < CAST(:now AS timestamptz) - interval '7 days'",
        # NServiceBus's rule: longer than the longest retry, a human's included.
        "inbox": "DELETE FROM inbox WHERE received_at < CAST(:now AS timestamptz) - interval '30 days'",
        "parked": "DELETE FROM parked WHERE status = 'resolved'"
        " AND decided_at < CAST(:now AS timestamptz) - interval '30 days'",
        "idempotency": "DELETE FROM idempotency"
        " WHERE created_at < CAST(:now AS timestamptz) - interval '7 days'",
        "ended_sessions": "DELETE FROM ended_sessions WHERE expires_at < :now",
    }.items()
}


def carry_on(running: RunningService) -> None:
    """Try parked events whose turn has come."""
    running.inbox.carry_on()


def show_gaps(running: RunningService) -> None:
    """Put events whose predecessor never came before an operator."""
    parking.show_gaps(running.database)


def forget(running: RunningService) -> None:
    """Delete rows that have done their duty."""
    with running.database.transaction() as uow:
        parameters: dict[str, Any] = {"now": uow.now}
        for statement in _FORGET.values():
            uow.connection.execute(statement, parameters)


TICKS = (
    Tick(name="carry-on", every=1, run=carry_on),
    Tick(name="show-gaps", every=60, run=show_gaps),
    Tick(name="forget", every=3600, run=forget),
)
