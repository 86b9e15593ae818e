"""Let a worker of one organisation sit in another's team, and end that; the others are told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ConflictError, NotFoundError
from onward.identity import Role
from onward.ids import new_id
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.checks import invalid
from services.directory.domain.placements import Placement
from services.directory.storage.store import Store


def place_worker(
    uow: UnitOfWork[Store],
    worker_id: UUID,
    *,
    host: UUID,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Placement:
    """Let a worker sit in the team of *host*, which decides, from now on if nothing else is said.

    Raises `NotFoundError`, `ForbiddenError`, `InvalidError`, or `ConflictError` (``account-closed``,
    ``placed-already``).
    """
    require_may_edit(uow.actor, frozenset({host}))
    worker = uow.store.accounts.worker(worker_id)
    worker = uow.store.accounts.lock_worker(worker_id, worker.version)
    if not worker.active:
        raise ConflictError("account-closed", "The worker's account is closed.")
    if not uow.store.organisations.listed({host}):
        raise invalid("/host", "The directory lists no such organisation.")
    placement = Placement(
        id=new_id(),
        worker_id=worker_id,
        employer=worker.organisation_id,
        host=host,
        starts_at=starts_at or uow.now,
        ends_at=ends_at,
    ).checked()
    placement.require_room(uow.store.placements.of_worker(worker_id))
    uow.store.placements.add(placement, at=uow.now)
    uow.emit(placement.published())
    return placement


def end_placement(
    uow: UnitOfWork[Store],
    worker_id: UUID,
    placement_id: UUID,
    version: int,
    *,
    ends_at: datetime | None,
) -> Placement:
    """Let a placement end at a moment, or at once; employer and host both may.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError`, `InvalidError` or `ConflictError`.
    """
    found = uow.store.placements.lock(worker_id, placement_id, version)
    require_may_edit(uow.actor, frozenset({found.employer, found.host}))
    ended = found.end(ends_at, now=uow.now)
    uow.store.placements.change(ended, at=uow.now)
    uow.emit(ended.published())
    return ended


def placements_of(uow: UnitOfWork[Store], worker_id: UUID) -> Sequence[Placement]:
    """Return a worker's placements as the actor may see them: the employer all, a host its own.

    Raises `NotFoundError` for a worker in whom the actor's organisation has no part.
    """
    worker = uow.store.accounts.worker(worker_id)
    found = uow.store.placements.of_worker(worker_id)
    if uow.actor.role is Role.OPERATOR or uow.actor.organisation == worker.organisation_id:
        return found
    mine = [one for one in found if one.host == uow.actor.organisation]
    if not mine:
        raise NotFoundError("worker")
    return mine
