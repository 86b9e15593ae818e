"""What the directory does by the clock: forget what no longer matters."""

from datetime import timedelta

from onward.service import RunningService, Tick
from services.directory.handlers.tries import WINDOW

KEEP_SIGN_INS = timedelta(days=30)
"""How long an ended session is remembered here; the audit log keeps its own record."""


def forget(running: RunningService) -> None:
    """Remove old tries, expired assertions and sessions long over."""
    with running.database.transaction() as uow:
        uow.store.accounts.forget(before=uow.now - WINDOW, sessions_before=uow.now - KEEP_SIGN_INS)


TICKS = (Tick(name="directory-forget", every=600, run=forget),)
