"""Find services: what the database can decide it decides, whether one is open now the clock does."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from onward.database import UnitOfWork
from services.directory.domain import opening
from services.directory.domain.services import Service
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.storage.store import Store

PORTION: Final = 200
"""Services whose hours are read at a time."""


def find_services(
    uow: UnitOfWork[Store], part: Part, wanted: Wanted, *, open_now: bool = False
) -> Sequence[Service]:
    """Return the services *wanted*, by name; with *open_now* those known to be open at this moment."""
    if not open_now:
        return uow.store.services.part(part, wanted)
    stated = replace(wanted, opening_stated=True)
    found = (one for one in _every(uow, part, stated) if is_open(uow, one))
    return list(islice(found, part.limit))


def is_open(uow: UnitOfWork[Store], service: Service) -> bool:
    """Tell whether *service* is known to be open now."""
    if service.opening is None:
        return False
    hours = opening.read(service.opening)
    return opening.now(hours, service.nation, uow.now).state is opening.State.OPEN


def _every(uow: UnitOfWork[Store], part: Part, wanted: Wanted) -> Iterator[Service]:
    """Read on from where *part* begins, a portion at a time."""
    after = part.after
    while portion := uow.store.services.part(Part(limit=PORTION, after=after), wanted):
        yield from portion
        after = (portion[-1].name.lower(), portion[-1].id)
