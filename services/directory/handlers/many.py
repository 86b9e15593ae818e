"""List many new services at once: by the rules of one, in as few statements as one takes."""

from collections.abc import Container, Mapping, Sequence
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import Refused
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.checks import invalid
from services.directory.domain.services import Service
from services.directory.handlers.entries import UNLISTED
from services.directory.storage.store import Store


def refusals(
    uow: UnitOfWork[Store], services: Sequence[Service], besides: frozenset[UUID]
) -> dict[UUID, Refused]:
    """Return why some of *services* cannot be listed, by id; *besides* are services that will be, too."""
    store = uow.store
    organisations = {
        id_ for one in services for id_ in (*one.keepers, one.recipient, *one.named().values())
    }
    related = {part.service for one in services for part in one.related if part.service}
    programmes = {one.programme for one in services if one.programme}
    organisations_there = store.organisations.named(organisations)
    services_there = store.services.named(related - besides).keys() | besides
    programmes_there = store.programmes.named(programmes)
    found: dict[UUID, Refused] = {}
    for one in services:
        try:
            require_may_edit(uow.actor, frozenset(one.keepers))
            one.checked()
            _require(organisations_there, _organisations(one), UNLISTED)
            _require(services_there, _related(one), "The directory lists no such service.")
            if one.programme and one.programme not in programmes_there:
                raise invalid("/programme", "The directory lists no such programme.")
        except Refused as refused:
            found[one.id] = refused
    return found


def publish_services(uow: UnitOfWork[Store], services: Sequence[Service]) -> None:
    """List new *services* that `refusals` has no reason against."""
    store = uow.store
    store.services.add_all(services, at=uow.now)
    store.history.keep_new(services, by=uow.actor, at=uow.now)
    store.ledgers.open_all([one.id for one in services if one.has_ledger])
    for one in services:
        uow.emit(one.published())


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
