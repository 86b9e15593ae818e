"""Let providers add, open, resize and close places; open by themselves those whose day has come."""

from dataclasses import replace
from datetime import date
from typing import TypedDict, Unpack
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import ConflictError, FieldError, InvalidError, NotFoundError
from onward.ids import new_id
from services.directory.domain import building
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.days import day_of
from services.directory.domain.facts import Course
from services.directory.domain.ledger import Outcome
from services.directory.domain.places import CapacityKind, Opening, Place
from services.directory.domain.seats import Ledger
from services.directory.domain.services import Service
from services.directory.handlers import entries
from services.directory.storage.store import Store


class Days(TypedDict, total=False):
    """The days that may be said of a place."""

    opens_on: date | None
    enrols_until: date | None
    starts_on: date | None
    ends_on: date | None


class Terms(Days, total=False):
    """What may be said of a new place; what is left out is taken from the service's entry."""

    seats: int | None


class Change(Days, total=False):
    """What may become of a place; what is left out stays as it is."""

    opening: Opening
    label: str
    seats: int


def add_place(
    uow: UnitOfWork[Store],
    service_id: UUID,
    *,
    label: str,
    opening: Opening,
    **terms: Unpack[Terms],
) -> Place:
    """Add a place to a service; whoever waits longest gets its seats when they are given out.

    The first place of a course, a caseload or sessions begins the service's ledger, and the others are told.
    Raises `NotFoundError`, `ForbiddenError`, `InvalidError`, or `ConflictError` as the ledger says.
    """
    service = uow.store.services.get(service_id)
    require_may_edit(uow.actor, frozenset(service.keepers))
    ledger = _ledger_of(uow, service)
    number = max((place.number for place in ledger.places), default=0) + 1
    place = Place(
        id=new_id(),
        number=number,
        label=label,
        opening=opening,
        **_completed(service, label, terms),
    )
    _carry_out(uow, ledger, building.add_place(ledger, place, at=uow.now))
    if not service.has_ledger:
        entries.count_places(uow, uow.store.services.lock(service_id, service.version))
    return place


def change_place(
    uow: UnitOfWork[Store], place_id: UUID, **change: Unpack[Change]
) -> tuple[Ledger, Place]:
    """Change what is said of a place; return the ledger and the place as they then stand.

    Raises `NotFoundError`, `ForbiddenError`, `InvalidError`, or `ConflictError` as the ledger says.
    """
    ledger = _own_ledger(uow, place_id)
    wanted = replace(ledger.place(place_id), **change)
    outcome = building.change_place(ledger, wanted, at=uow.now)
    _carry_out(uow, ledger, outcome)
    return outcome.ledger, wanted


def move_place(uow: UnitOfWork[Store], place_id: UUID, to: Opening) -> Ledger:
    """Open or withdraw a place; return the ledger as it then stands.

    Raises `NotFoundError`, `ForbiddenError`, or `ConflictError` as the ledger says.
    """
    ledger = _own_ledger(uow, place_id)
    outcome = building.move_place(ledger, place_id, to, at=uow.now)
    _carry_out(uow, ledger, outcome)
    return outcome.ledger


def open_what_is_due(uow: UnitOfWork[Store], service_id: UUID) -> None:
    """Open those places of a service whose day has come."""
    ledger = uow.store.ledgers.lock({service_id})[service_id]
    _carry_out(uow, ledger, building.open_what_is_due(ledger, at=uow.now))


def services_due(uow: UnitOfWork[Store], *, most: int) -> list[UUID]:
    """Return services that have a place whose day has come."""
    return uow.store.ledgers.due(day_of(uow.now), most=most)


def _ledger_of(uow: UnitOfWork[Store], service: Service) -> Ledger:
    """Return the ledger of *service*, begun now if it has none yet."""
    if not service.capacity_kind.can_be_counted:
        raise ConflictError("no-ledger", "This service does not give out places one by one.")
    uow.store.ledgers.open(service.id)
    return uow.store.ledgers.lock({service.id})[service.id]


def _own_ledger(uow: UnitOfWork[Store], place_id: UUID) -> Ledger:
    service_id = uow.store.ledgers.service_of(place_id)
    if service_id is None:
        raise NotFoundError("place")
    service = uow.store.services.get(service_id)
    require_may_edit(uow.actor, frozenset(service.keepers))
    return uow.store.ledgers.lock({service_id})[service_id]


def _carry_out(uow: UnitOfWork[Store], before: Ledger, outcome: Outcome) -> None:
    uow.store.ledgers.save((before, outcome.ledger), at=uow.now)
    for told in outcome.events:
        uow.emit(told)


class _Complete(TypedDict):
    seats: int
    opens_on: date | None
    enrols_until: date | None
    starts_on: date | None
    ends_on: date | None


def _completed(service: Service, label: str, terms: Terms) -> _Complete:
    """Return *terms* with what the service's entry says: of the course of that name, or of every one."""
    stated = next((one for one in service.courses if one.label == label), Course(label=label))
    starts_on = terms.get("starts_on") or stated.starts_on
    course = replace(stated, starts_on=starts_on, ends_on=terms.get("ends_on") or stated.ends_on)
    return {
        "seats": terms.get("seats") or _stated_seats(service, course),
        "opens_on": terms.get("opens_on"),
        "enrols_until": terms.get("enrols_until") or starts_on,
        "starts_on": starts_on,
        "ends_on": course.dated(service.limits.course_weeks).ends_on,
    }


def _stated_seats(service: Service, course: Course) -> int:
    limits = service.limits
    stated = {
        CapacityKind.COHORT: course.places or limits.course_places,
        CapacityKind.CASELOAD: limits.people_per_worker,
        CapacityKind.SESSIONS: None,
    }.get(service.capacity_kind, 1)
    if stated is None:
        detail = "Say how many people it can take at once: the service's entry does not."
        raise InvalidError(
            "seats-not-stated", detail, errors=[FieldError(pointer="/seats", detail=detail)]
        )
    return stated
