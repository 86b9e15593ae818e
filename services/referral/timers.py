"""What the referral service does by the clock."""

from onward.service import RunningService, Tick
from services.referral.handlers.deadlines import act_on_deadlines

BATCH = 100
"""Deadlines per transaction."""


def watch_deadlines(running: RunningService) -> None:
    """Act on every deadline whose moment has come, a batch per transaction."""
    found = BATCH
    while found == BATCH:
        with running.database.transaction() as uow:
            found = act_on_deadlines(uow, most=BATCH)


TICKS = (Tick(name="deadlines", every=1.0, run=watch_deadlines),)
