"""Count who came to what takes whoever comes, and measure how full a service was."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from onward.contracts.directory import AttendanceCounted
from onward.database import UnitOfWork
from onward.errors import ConflictError
from onward.identity import Actor
from services.directory.domain.accounts import require_provides
from services.directory.domain.checks import invalid
from services.directory.domain.days import day_of
from services.directory.domain.measures import Measures, measured, period
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service
from services.directory.storage.store import Store


def count_people(uow: UnitOfWork[Store], service_id: UUID, on: date, people: int) -> None:
    """Write how many people came to a drop-in on a day; a second count of a day replaces the first.

    Raises `NotFoundError`, `ForbiddenError`, `InvalidError`, or `ConflictError` ``counts-by-name``.
    """
    require_counts_heads(uow.actor, uow.store.services.get(service_id))
    if on > day_of(uow.now):
        raise invalid("/on", "Count people on the day itself, or afterwards.")
    uow.store.histories.count(service_id, on, people, at=uow.now)
    uow.emit(AttendanceCounted(service_id=service_id, on=on, people=people))


def require_counts_heads(actor: Actor, service: Service) -> None:
    """Raise `ForbiddenError`, or `ConflictError` ``counts-by-name``, unless *actor* counts its people."""
    require_provides(actor, service.keepers)
    if service.capacity_kind is not CapacityKind.DROP_IN:
        raise ConflictError(
            "counts-by-name",
            "Who comes here has a handoff: record attendance with its appointments.",
        )


def measure(
    uow: UnitOfWork[Store], service: Service, first: date, last: date, *, own: bool
) -> Measures:
    """Return what was counted from *first* to *last*; without what points at few unless it is their *own*.

    Raises `InvalidError` for a period that is none.
    """
    span, histories = period(first, last), uow.store.histories
    counted = measured(
        histories.lived(service.id, span), histories.waits(service.id, span), span, at=uow.now
    )
    counted = replace(counted, attended=histories.attended(service.id, first, last))
    return counted if own else counted.for_others()
