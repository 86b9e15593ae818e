"""List or change many services at once: by the rules of one, in as few statements as one takes."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import Refused
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.checks import invalid
from services.directory.domain.services import Service
from services.directory.handlers import entries
from services.directory.storage.store import Store

NOTHING: Final[Mapping[UUID, Service]] = MappingProxyType({})


def refusals(
    uow: UnitOfWork[Store],
    services: Sequence[Service],
    besides: frozenset[UUID] = frozenset(),
    *,
    there: Mapping[UUID, Service] = NOTHING,
) -> dict[UUID, Refused]:
    """Return why some of *services* cannot be listed, or not so, by id.

    *besides* are services that will be listed, too; *there* are those that are, as they stand, locked.
    New ones have been checked by themselves, as whoever reads them from a file does.
    """
    listed = _listed(uow.store, services, besides)
    found: dict[UUID, Refused] = {}
    for one in services:
        before = there.get(one.id)
        try:
            require_may_edit(uow.actor, frozenset((before or one).keepers))
            listed.require(one.checked() if before else one)
            if before:
                before.require_change(one)
                entries.require_ledger_allows(uow, before, one)
        except Refused as refused:
            found[one.id] = refused
    return found


def publish_services(uow: UnitOfWork[Store], services: Sequence[Service]) -> None:
    """List new *services* that `refusals` has no reason against."""
    store = uow.store
    store.services.add(services, at=uow.now)
    store.history.keep([(one, None) for one in services], by=uow.actor, at=uow.now)
    store.ledgers.open_all([one.id for one in services if one.has_ledger])
    for one in services:
        uow.emit(one.published())


def change_services(uow: UnitOfWork[Store], changes: Sequence[tuple[Service, Service]]) -> None:
    """Change services, each from what it is, locked, to what `refusals` has no reason against."""
    changed = [
        (replace(wanted.next_version(), counted=entries.keeps_ledger(uow, found, wanted)), found)
        for found, wanted in changes
    ]
    uow.store.services.change([one for one, _ in changed], at=uow.now)
    uow.store.history.keep(changed, by=uow.actor, at=uow.now)
    for one, _ in changed:
        uow.emit(one.published())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What is listed of everything that some services lead to."""

    organisations: Container[UUID]
    services: Container[UUID]
    programmes: Container[UUID]

    def require(self, one: Service) -> None:
        """Raise `InvalidError` where *one* leads to what is not listed."""
        _require(self.organisations, _organisations(one), entries.UNLISTED)
        _require(self.services, _related(one), "The directory lists no such service.")
        if one.programme and one.programme not in self.programmes:
            raise invalid("/programme", "The directory lists no such programme.")


def _listed(store: Store, services: Sequence[Service], besides: frozenset[UUID]) -> _Listed:
    organisations = {
        id_ for one in services for id_ in (*one.keepers, one.recipient, *one.named().values())
    }
    related = {part.service for one in services for part in one.related if part.service}
    programmes = {one.programme for one in services if one.programme}
    return _Listed(
        organisations=store.organisations.listed(organisations),
        services=store.services.listed(related - besides) | besides,
        programmes=store.programmes.named(programmes),
    )


def _organisations(service: Service) -> dict[str, UUID]:
    providers = {f"/providers/{n}": id_ for n, id_ in enumerate(service.providers)}
    return {**providers, "/recipient": service.recipient, **service.named()}


def _related(service: Service) -> dict[str, UUID]:
    return {
        f"/related/{number}/service": one.service
        for number, one in enumerate(service.related)
        if one.service is not None
    }


def _require(there: Container[UUID], wanted: Mapping[str, UUID], detail: str) -> None:
    for pointer, id_ in wanted.items():
        if id_ not in there:
            raise invalid(pointer, detail)
