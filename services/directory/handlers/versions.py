"""Look back at what an entry was, and put an earlier version of it back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import NotFoundError
from services.directory.domain.history import Change, Entry, Kind, Version, require_earlier
from services.directory.handlers import entries
from services.directory.handlers.rehearsal import CHANGE
from services.directory.storage.store import Store

_BACK: Mapping[Kind, Callable[..., Any]] = {**CHANGE, Kind.AGREEMENT: entries.reopen_agreement}


def current(uow: UnitOfWork[Store], kind: Kind, entry_id: UUID) -> Entry:
    """Return an entry as it stands. Raises `NotFoundError`."""
    store = uow.store
    find: Mapping[Kind, Callable[[UUID], Entry | None]] = {
        Kind.ORGANISATION: store.organisations.find,
        Kind.PROGRAMME: store.programmes.find,
        Kind.SERVICE: store.services.find,
        Kind.AGREEMENT: store.agreements.find,
    }
    found = find[kind](entry_id)
    if found is None:
        raise NotFoundError(kind)
    return found


def history(
    uow: UnitOfWork[Store], entry: Entry, *, limit: int, below: int | None = None
) -> Sequence[Version]:
    """Return *limit* versions of *entry*, the newest first; from the one before *below* on.

    What came before the directory kept a history is one version, without saying how it came about.
    """
    kind = Kind.of(entry)
    rows = uow.store.history.rows(kind, entry.id, upto=below or entry.version, limit=limit + 1)
    found: list[Version] = []
    stood: Entry = entry
    for row in rows:
        if below is None or row.change.version < below:
            found.append(Version(change=row.change, entry=stood, before=row.before))
        if row.before is None:
            break
        stood = row.before
    else:
        if len(rows) <= limit:
            found.append(Version(change=Change(version=stood.version), entry=stood, before=None))
    return found[:limit]


def restore(uow: UnitOfWork[Store], kind: Kind, entry_id: UUID, *, to: int, version: int) -> Entry:
    """Give an entry the facts it had in version *to* again, as a new version after *version*.

    Every rule for a change holds for this one, too. Raises what changing it raises, and
    `ConflictError` ``not-an-earlier-version``, or `NotFoundError` for a version that is not kept.
    """
    require_earlier(to, version)
    found = uow.store.history.find(kind, entry_id, to)
    if found is None:
        raise NotFoundError("version")
    restored: Entry = _BACK[kind](uow, replace(found, version=version), restores=to)
    return restored
