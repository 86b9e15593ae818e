"""Try a change out before it is made: every rule is asked, and nothing is kept or told."""

from collections.abc import Callable, Mapping
from typing import Any

from onward.database import UnitOfWork
from services.directory.domain.history import Entry, Kind
from services.directory.handlers import entries
from services.directory.storage.store import Store

Change = Callable[[UnitOfWork[Store]], Entry]
CHANGE: Mapping[Kind, Callable[..., Any]] = {
    Kind.ORGANISATION: entries.change_organisation,
    Kind.PROGRAMME: entries.change_programme,
    Kind.SERVICE: entries.change_service,
}


def rehearse(uow: UnitOfWork[Store], change: Change) -> Entry:
    """Return the entry that *change* would make. Raises whatever *change* would raise."""
    trial = UnitOfWork(
        source=uow.source,
        connection=uow.connection,
        store=uow.store,
        now=uow.now,
        origin=uow.origin,
    )
    savepoint = uow.connection.begin_nested()
    try:
        return change(trial)
    finally:
        savepoint.rollback()


def change_entry(uow: UnitOfWork[Store], wanted: Entry) -> Entry:
    """Change an entry to *wanted*; raises what changing an entry of its kind raises."""
    changed: Entry = CHANGE[Kind.of(wanted)](uow, wanted)
    return changed
