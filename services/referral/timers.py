"""What the referral service does by the clock."""

from onward.service import RunningService, Tick
from services.referral.handlers.consenting import end_expired_consents
from services.referral.handlers.deadlines import act_on_deadlines

BATCH = 100
"""Deadlines per transaction."""


def watch_deadlines(running: RunningService) -> None:
    """Act on every deadline whose moment has come, a batch per transaction."""
    found = BATCH
    while found == BATCH:
        with running.database.transaction() as uow:
            found = act_on_deadlines(uow, most=BATCH)


def watch_consents(running: RunningService) -> None:
    """Tell every recipient whose leave to read has run out; the reads themselves stop by the date."""
    found = BATCH
    while found == BATCH:
        with running.database.transaction() as uow:
            found = end_expired_consents(uow, most=BATCH)


TICKS = (
    Tick(name="deadlines", every=1.0, run=watch_deadlines),
    Tick(name="consents", every=60.0, run=watch_consents),
)
