"""Keep the directory's entries: organisations, services and agreements, each told whole."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ConflictError
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.agreements import Agreement
from services.directory.domain.checks import invalid
from services.directory.domain.days import day_of
from services.directory.domain.history import Entry
from services.directory.domain.organisations import Organisation
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service, ServiceStatus
from services.directory.handlers.accounts import end_sign_ins
from services.directory.storage.store import Store

UNLISTED: Final = "The directory lists no such organisation."


def publish_organisation(uow: UnitOfWork[Store], organisation: Organisation) -> Organisation:
    """List a new organisation. Raises `InvalidError`, or `ConflictError` ``identifier-taken``."""
    _require_own_identifier(uow, organisation.checked())
    _require_larger(uow, organisation)
    uow.store.organisations.add(organisation, at=uow.now)
    tell_listed(uow, organisation)
    return organisation


def tell_listed(uow: UnitOfWork[Store], organisation: Organisation) -> None:
    """Remember and tell that a new organisation is listed."""
    _keep(uow, organisation)
    _tell(uow, organisation)


def change_organisation(
    uow: UnitOfWork[Store], wanted: Organisation, *, restores: int | None = None
) -> Organisation:
    """Change an organisation's entry to *wanted*, whose version is the one it was decided on.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError`, `InvalidError` or `ConflictError`.
    """
    found = uow.store.organisations.lock(wanted.id, wanted.version)
    require_may_edit(uow.actor, frozenset({found.id}))
    if wanted.checked() == found:
        return found
    _require_own_identifier(uow, wanted)
    _require_larger(uow, wanted)
    changed = wanted.next_version()
    uow.store.organisations.change(changed, at=uow.now)
    _keep(uow, changed, before=found, restores=restores)
    if not changed.active:
        end_sign_ins(uow, organisation_id=changed.id)
    _tell(uow, changed)
    return changed


def publish_service(uow: UnitOfWork[Store], service: Service) -> Service:
    """List a new service. Raises `ForbiddenError` or `InvalidError`."""
    require_may_edit(uow.actor, frozenset(service.keepers))
    _require_listed(uow, service.checked())
    list_service(uow, service)
    return service


def list_service(uow: UnitOfWork[Store], service: Service) -> None:
    """List a new service that was checked; the others are told."""
    uow.store.services.add([service], at=uow.now)
    _keep(uow, service)
    if service.has_ledger:
        uow.store.ledgers.open(service.id)
    uow.emit(service.published())


def change_service(
    uow: UnitOfWork[Store], wanted: Service, *, restores: int | None = None
) -> Service:
    """Change a service's entry to *wanted*, whose version is the one it was decided on.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError`, `InvalidError`, or `ConflictError`
    (``illegal-status``, ``has-places``, ``service-in-use`` with whom it affects).
    """
    found = uow.store.services.lock(wanted.id, wanted.version)
    require_may_edit(uow.actor, frozenset(found.keepers))
    if wanted.checked() == found:
        return found
    _require_listed(uow, wanted)
    found.require_change(wanted)
    require_ledger_allows(uow, found, wanted)
    changed = replace(wanted.next_version(), counted=keeps_ledger(uow, found, wanted))
    uow.store.services.change([changed], at=uow.now)
    _keep(uow, changed, before=found, restores=restores)
    uow.emit(changed.published())
    return changed


def count_places(uow: UnitOfWork[Store], service: Service) -> None:
    """Note that *service* counts its places from now on, as a version of its entry, and tell it."""
    counting = replace(service.next_version(), counted=True)
    uow.store.services.change([counting], at=uow.now)
    _keep(uow, counting, before=service)
    uow.emit(counting.published())


def publish_programme(uow: UnitOfWork[Store], programme: Programme) -> Programme:
    """List a new programme. Raises `ForbiddenError` or `InvalidError`."""
    require_may_edit(uow.actor, frozenset({programme.lead}))
    _require_programme_listed(uow, programme.checked())
    uow.store.programmes.add(programme, at=uow.now)
    _keep(uow, programme)
    uow.emit(programme.published())
    return programme


def change_programme(
    uow: UnitOfWork[Store], wanted: Programme, *, restores: int | None = None
) -> Programme:
    """Change a programme's entry to *wanted*, whose version is the one it was decided on.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError` or `InvalidError`.
    """
    found = uow.store.programmes.lock(wanted.id, wanted.version)
    require_may_edit(uow.actor, frozenset({found.lead}))
    if wanted.checked() == found:
        return found
    _require_programme_listed(uow, wanted)
    changed = wanted.next_version()
    uow.store.programmes.change(changed, at=uow.now)
    _keep(uow, changed, before=found, restores=restores)
    uow.emit(changed.published())
    return changed


def publish_agreement(uow: UnitOfWork[Store], agreement: Agreement) -> Agreement:
    """Record a sharing agreement; the organisation that shares decides.

    Raises `ForbiddenError` or `InvalidError`.
    """
    require_may_edit(uow.actor, frozenset({agreement.from_organisation}))
    parties = {agreement.from_organisation, agreement.to_organisation}
    if uow.store.organisations.listed(parties) != parties:
        raise invalid("/to_organisation", UNLISTED)
    list_agreement(uow, agreement.checked())
    return agreement


def list_agreement(uow: UnitOfWork[Store], agreement: Agreement) -> None:
    """Record an agreement that was checked; the others are told."""
    uow.store.agreements.add(agreement, at=uow.now)
    _keep(uow, agreement)
    uow.emit(agreement.published())


def end_agreement(
    uow: UnitOfWork[Store], agreement_id: UUID, version: int, last_day: date | None
) -> Agreement:
    """Let an agreement end with *last_day*, or at once; either party may.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError`, `InvalidError` or `ConflictError`.
    """
    found = uow.store.agreements.lock(agreement_id, version)
    require_may_edit(uow.actor, frozenset({found.from_organisation, found.to_organisation}))
    ended = found.end(last_day, today=today(uow))
    uow.store.agreements.change(ended, at=uow.now)
    _keep(uow, ended, before=found)
    uow.emit(ended.published())
    return ended


def reopen_agreement(
    uow: UnitOfWork[Store], wanted: Agreement, *, restores: int | None = None
) -> Agreement:
    """Take back how an agreement was to end: it ends as *wanted* says; the side that shares decides.

    Raises `NotFoundError`, `StaleVersionError`, `ForbiddenError`, or `ConflictError` ``already-ended``.
    """
    found = uow.store.agreements.lock(wanted.id, wanted.version)
    require_may_edit(uow.actor, frozenset({found.from_organisation}))
    if wanted == found:
        return found
    reopened = found.reopen(wanted.valid_until, today=today(uow))
    uow.store.agreements.change(reopened, at=uow.now)
    _keep(uow, reopened, before=found, restores=restores)
    uow.emit(reopened.published())
    return reopened


def today(uow: UnitOfWork[Store]) -> date:
    """Return the day it is in London, where an agreement's days begin and end."""
    return day_of(uow.now)


def _keep(
    uow: UnitOfWork[Store],
    entry: Entry,
    *,
    before: Entry | None = None,
    restores: int | None = None,
) -> None:
    """Remember the change with the change: who made it, and what stood before."""
    uow.store.history.keep([(entry, before)], by=uow.actor, at=uow.now, restores=restores)


def _tell(uow: UnitOfWork[Store], organisation: Organisation) -> None:
    sandbox = uow.store.sandboxes.of(organisation.id)
    uow.emit(replace(organisation.published(), sandbox=sandbox))


def _require_own_identifier(uow: UnitOfWork[Store], organisation: Organisation) -> None:
    if uow.store.organisations.identifier_taken(organisation):
        raise ConflictError(
            "identifier-taken", "The directory lists this ODS code or charity number already."
        )


def _require_larger(uow: UnitOfWork[Store], organisation: Organisation) -> None:
    """Refuse to make an organisation a part of one that is not listed, or is a part of it."""
    if organisation.part_of is None:
        return
    if not uow.store.organisations.listed({organisation.part_of}):
        raise invalid("/part_of", UNLISTED)
    if organisation.id in uow.store.organisations.above(organisation.part_of):
        raise invalid("/part_of", "That organisation is a part of this one: change that first.")


def _require_listed(uow: UnitOfWork[Store], service: Service) -> None:
    """Refuse a service that names an organisation, a service or a programme that is not listed."""
    providers = {*service.providers, service.recipient}
    if uow.store.organisations.listed(providers) != providers:
        raise invalid("/providers", UNLISTED)
    _require_organisations(uow, service.named())
    related = {
        f"/related/{number}/service": one.service
        for number, one in enumerate(service.related)
        if one.service is not None
    }
    listed = uow.store.services.listed(related.values())
    for pointer, id_ in related.items():
        if id_ not in listed:
            raise invalid(pointer, "The directory lists no such service.")
    if service.programme and uow.store.programmes.find(service.programme) is None:
        raise invalid("/programme", "The directory lists no such programme.")


def _require_programme_listed(uow: UnitOfWork[Store], programme: Programme) -> None:
    _require_organisations(uow, programme.named())
    if programme.part_of is None:
        return
    if uow.store.programmes.find(programme.part_of) is None:
        raise invalid("/part_of", "The directory lists no such programme.")
    if programme.id in uow.store.programmes.above(programme.part_of):
        raise invalid("/part_of", "That programme is a part of this one: change that first.")


def _require_organisations(uow: UnitOfWork[Store], wanted: Mapping[str, UUID]) -> None:
    """Refuse the first of *wanted*, by JSON Pointer, that the directory does not list."""
    listed = uow.store.organisations.listed(wanted.values())
    for pointer, id_ in wanted.items():
        if id_ not in listed:
            raise invalid(pointer, UNLISTED)


def require_ledger_allows(uow: UnitOfWork[Store], found: Service, wanted: Service) -> None:
    """Refuse what would leave somebody in, or waiting for, a place that is no more."""
    changes_kind = wanted.capacity_kind is not found.capacity_kind
    if not changes_kind and wanted.status is found.status:
        return
    ledger = uow.store.ledgers.lock({found.id}).get(found.id)
    if ledger is None:
        return
    if changes_kind and ledger.places:
        raise ConflictError("has-places", "The service has places: its kind stays what it is.")
    closes = wanted.status is ServiceStatus.CLOSED
    if (closes and ledger.open) or (changes_kind and ledger.queue):
        affected = sorted(str(handoff_id) for handoff_id in ledger.open)
        raise ConflictError(
            "service-in-use",
            "People have, or wait for, places here: end their handoffs first.",
            affected=affected,
        )


def keeps_ledger(uow: UnitOfWork[Store], found: Service, wanted: Service) -> bool:
    """Begin or end the ledger as the kind asks; tell whether there is one.

    A service whose kind changes has no places, and counts them anew.
    """
    if wanted.capacity_kind.has_ledger:
        if not found.counted:
            uow.store.ledgers.open(wanted.id)
        return True
    if wanted.capacity_kind is not found.capacity_kind:
        uow.store.ledgers.close(wanted.id)
        return False
    return found.counted
