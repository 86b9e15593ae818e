"""What the directory does by the clock: open what is due, forget what no longer matters."""

from datetime import timedelta

from onward.service import RunningService, Tick
from services.directory.handlers.places import open_what_is_due, services_due
from services.directory.handlers.tries import WINDOW

KEEP_SIGN_INS = timedelta(days=30)
"""How long an ended session is remembered here; the audit log keeps its own record."""
KEEP_IMPORTS = timedelta(days=90)
"""How long the report of an import can be read."""


def forget(running: RunningService) -> None:
    """Remove old tries, expired assertions, sessions long over and reports of old imports."""
    with running.database.transaction() as uow:
        uow.store.accounts.forget(before=uow.now - WINDOW, sessions_before=uow.now - KEEP_SIGN_INS)
        uow.store.imports.forget(before=uow.now - KEEP_IMPORTS)


MOST_OPENED = 100
"""Services looked at in one round; the rest follow in the next."""


def open_places(running: RunningService) -> None:
    """Open the places whose day has come, one service at a time."""
    with running.database.transaction() as uow:
        due = services_due(uow, most=MOST_OPENED)
    for service_id in due:
        with running.database.transaction() as uow:
            open_what_is_due(uow, service_id)


TICKS = (
    Tick(name="directory-open-places", every=60, run=open_places),
    Tick(name="directory-forget", every=600, run=forget),
)
