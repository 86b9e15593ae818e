"""What the referral service does by the clock."""

from onward.service import RunningService, Tick
from services.referral.handlers.consenting import end_expired_consents
from services.referral.handlers.deadlines import act_on_deadlines
from services.referral.handlers.retaining import dispose
from services.referral.handlers.stating import state_records
from services.referral.handlers.unfinished import forget_old
from services.referral.timers.news import tell_people

BATCH = 100
"""Deadlines per transaction."""
STATED = 500
"""Handoffs in one statement: some 40 KB."""


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


def state_to_audit(running: RunningService) -> None:
    """State which handoffs were sent."""
    found = STATED
    while found == STATED:
        with running.database.transaction() as uow:
            found = state_records(uow, most=STATED)


def forget_unfinished(running: RunningService) -> None:
    """Forget forms that were begun and left."""
    with running.database.transaction() as uow:
        forget_old(uow)


def dispose_of_what_is_due(running: RunningService) -> None:
    """Dispose of what was kept long enough and is not held, a batch per transaction."""
    found = BATCH
    while found:
        with running.database.transaction() as uow:
            found = dispose(uow, most=BATCH)


TICKS = (
    Tick(name="deadlines", every=1.0, run=watch_deadlines),
    Tick(name="news", every=5.0, run=tell_people),
    Tick(name="consents", every=60.0, run=watch_consents),
    Tick(name="unfinished", every=3600.0, run=forget_unfinished),
    Tick(name="retention", every=3600.0, run=dispose_of_what_is_due),
    Tick(name="statements", every=60.0, run=state_to_audit),
)
