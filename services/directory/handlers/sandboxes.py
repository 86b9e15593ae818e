"""Open sandboxes for partners, let time pass in them, and close them again."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ConflictError, NotFoundError
from onward.identity import Role
from onward.ids import new_id
from services.directory.domain.accounts import PartnerSystem, organisation_of
from services.directory.domain.checks import invalid
from services.directory.domain.organisations import Organisation
from services.directory.domain.places import Opening
from services.directory.domain.sandboxes import (
    MOST_SANDBOXES,
    Sandbox,
    Side,
    agreement,
    sides,
)
from services.directory.domain.services import Service, ServiceStatus
from services.directory.handlers import entries, partners, places
from services.directory.handlers.partners import Registered
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.storage.store import Store

MOST_SERVICES: Final = 50
"""Of a sandbox: its sides can list more of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new sandbox, with a system for each side and their secrets, which are told once."""

    sandbox: Sandbox
    refers: Registered
    receives: Registered
    services: tuple[Service, ...]


def open_sandbox(uow: UnitOfWork[Store], owner_id: UUID, *, on_broker: bool = False) -> Opened:
    """Make up two organisations for *owner_id*, with services, agreements and a system for each.

    An operator decides. Raises `InvalidError`, or `ConflictError` ``sandboxes-enough``.
    """
    owner = uow.store.organisations.find(owner_id)
    if owner is None or uow.store.sandboxes.of(owner_id):
        raise invalid("/organisation_id", entries.UNLISTED)
    if len(uow.store.sandboxes.owned_by(owner_id)) >= MOST_SANDBOXES:
        raise ConflictError(
            "sandboxes-enough", f"An organisation has {MOST_SANDBOXES} sandboxes at most."
        )
    both = sides(owner, (new_id(), new_id(), new_id(), new_id()))
    sandbox = _list(uow, owner, both)
    refers, receives = (
        partners.register(
            uow,
            organisation_id=side.organisation.id,
            name=side.organisation.name,
            live=False,
            on_broker=on_broker,
        )
        for side in both
    )
    return Opened(sandbox=sandbox, refers=refers, receives=receives, services=both[1].services)


def let_time_pass(uow: UnitOfWork[Store], sandbox_id: UUID, hours: int) -> Sandbox:
    """Bring everything that is still to come in a sandbox nearer by *hours*; the others are told.

    Raises `NotFoundError` for whom it is none of their business, or `ConflictError` (``sandbox-closed``,
    ``sandbox-too-old``).
    """
    found = _usable(uow, sandbox_id)
    older = found.let_pass(hours)
    uow.store.sandboxes.let_pass(older, timedelta(hours=hours))
    uow.emit(older.told(hours))
    return older


def close_sandbox(uow: UnitOfWork[Store], sandbox_id: UUID) -> Sandbox:
    """Shut its systems out, close its services, and tell the others to let go of what they keep of it.

    Closing it again changes nothing. Raises `NotFoundError` for whom it is none of their business.
    """
    found = _usable(uow, sandbox_id)
    if found.closed_at is not None:
        return found
    store = uow.store
    for system in store.accounts.systems_of(found.organisations):
        if system.active:
            partners.close_system(uow, system.client_id)
    for service in store.services.part(Part(limit=MOST_SERVICES), Wanted(sandbox=found.id)):
        _close_service(uow, service)
    for id_ in found.organisations:
        _close_organisation(uow, found, store.organisations.get(id_))
    store.sandboxes.close(found, at=uow.now)
    uow.emit(found.closed())
    return replace(found, closed_at=uow.now)


def systems_in(uow: UnitOfWork[Store], sandbox: Sandbox) -> list[PartnerSystem]:
    """Return the systems that act, or acted, in a sandbox."""
    return uow.store.accounts.systems_of(sandbox.organisations)


def visible(uow: UnitOfWork[Store]) -> list[Sandbox]:
    """Return the sandboxes that the actor may use. Raises `ForbiddenError` ``no-organisation``."""
    own = None if uow.actor.role is Role.OPERATOR else organisation_of(uow.actor)
    if own and (inside := uow.store.sandboxes.of(own)):
        found = uow.store.sandboxes.lock(inside)
        return [found] if found and found.closed_at is None else []
    return list(uow.store.sandboxes.owned_by(own))


def _close_service(uow: UnitOfWork[Store], found: Service) -> None:
    """Close it whoever is there: the end of their handoffs frees its places."""
    closed = replace(found.next_version(), status=ServiceStatus.CLOSED)
    uow.store.services.change([closed], at=uow.now)
    uow.store.history.keep([(closed, found)], by=uow.actor, at=uow.now)
    uow.emit(closed.published())


def _close_organisation(uow: UnitOfWork[Store], sandbox: Sandbox, found: Organisation) -> None:
    closed = replace(found.next_version(), active=False)
    uow.store.organisations.change(closed, at=uow.now)
    uow.store.history.keep([(closed, found)], by=uow.actor, at=uow.now)
    uow.emit(replace(closed.published(), sandbox=sandbox.id))


def _usable(uow: UnitOfWork[Store], sandbox_id: UUID) -> Sandbox:
    found = uow.store.sandboxes.lock(sandbox_id)
    if found is None or not _may_use(uow, found):
        raise NotFoundError("sandbox")
    return found


def _may_use(uow: UnitOfWork[Store], sandbox: Sandbox) -> bool:
    actor = uow.actor
    return actor.role is Role.OPERATOR or actor.organisation in {
        sandbox.owner,
        *sandbox.organisations,
    }


def _list(uow: UnitOfWork[Store], owner: Organisation, both: tuple[Side, Side]) -> Sandbox:
    """List what was made up; that it was is known before anything of it is told."""
    refers, receives = (side.organisation for side in both)
    sandbox = Sandbox(
        id=new_id(), owner=owner.id, opened_at=uow.now, organisations=(refers.id, receives.id)
    )
    for organisation in (refers, receives):
        uow.store.organisations.add(organisation.checked(), at=uow.now)
    uow.store.sandboxes.add(sandbox)
    for organisation in (refers, receives):
        entries.tell_listed(uow, organisation)
    for service in (one for side in both for one in side.services):
        entries.list_service(uow, service.checked())
    bed = both[1].services[0]
    places.add_place(uow, bed.id, label="Bed 1", opening=Opening.AVAILABLE)
    for giver, taker in ((refers, receives), (receives, refers)):
        shares = agreement(new_id(), giver.id, taker.id, on=entries.today(uow))
        entries.list_agreement(uow, shares.checked())
    return sandbox
