"""A place: a bed, a home, a run of a course, a worker's caseload. All are seats, given out for a time.

One shape carries every kind of capacity: how many people at once (`seats`), from when it is given out
(`opens_on`, as long as it is being prepared), until when (`enrols_until`), and the days it lasts where
it lasts for certain days only (`starts_on` to `ends_on`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.errors import ConflictError, FieldError, InvalidError
from services.directory.domain.days import is_over


class CapacityKind(StrEnum):
    """In which unit a service counts what it can take on."""

    BED = "bed"
    HOME = "home"
    COHORT = "cohort"
    SESSIONS = "sessions"
    CASELOAD = "caseload"
    DROP_IN = "drop_in"

    @property
    def has_ledger(self) -> bool:
        """Whether its places are given out one by one always; courses and caseloads once they are counted."""
        return self in {CapacityKind.BED, CapacityKind.HOME}

    @property
    def can_be_counted(self) -> bool:
        """Whether it has places at all: whoever comes to a drop-in is let in."""
        return self is not CapacityKind.DROP_IN


class Opening(StrEnum):
    """What the provider says about a place; whether somebody has it, the claims say."""

    PIPELINE = "pipeline"
    AVAILABLE = "available"
    CLOSED = "closed"


class PlaceState(StrEnum):
    """How a place stands when both are looked at together."""

    PIPELINE = "pipeline"
    AVAILABLE = "available"
    """At least one seat is free."""
    HELD = "held"
    """No seat is free, one at least is only offered."""
    OCCUPIED = "occupied"
    ENROLMENT_CLOSED = "enrolment-closed"
    """A seat is free, and it is too late to give it out."""
    ENDED = "ended"
    CLOSED = "closed"


ALLOWED: Final = {
    Opening.PIPELINE: frozenset({Opening.AVAILABLE, Opening.CLOSED}),
    Opening.AVAILABLE: frozenset({Opening.CLOSED}),
    Opening.CLOSED: frozenset({Opening.AVAILABLE}),
}
"""What can become of a place: nothing goes back into the pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place. Its label is a name such as "Flat 2" or "Spring course", never an address."""

    id: UUID
    number: int
    """1, 2, …: the order in which free places are given out, among those that start on one day."""
    label: str
    opening: Opening
    seats: int = 1
    """People who can have it at once."""
    opens_on: date | None = None
    """The day from which it counts, of what is in the pipeline; None where that is not known."""
    enrols_until: date | None = None
    """The last day on which a seat is given out."""
    starts_on: date | None = None
    """The first day of a course."""
    ends_on: date | None = None
    """The last day of a course: whoever has a seat gives it back then."""

    @property
    def order(self) -> tuple[date, int]:
        """Sorts what is given out: what starts first, then by number."""
        return self.starts_on or date.min, self.number

    def is_given_out(self, on: date) -> bool:
        """Tell whether its free seats are given out on the day *on*."""
        last = self.last_given_out
        return self.opening is Opening.AVAILABLE and (last is None or on <= last)

    @property
    def last_given_out(self) -> date | None:
        """The last day on which a seat is given out, where there is one."""
        return self.enrols_until or self.ends_on

    def has_ended(self, on: date) -> bool:
        """Tell whether its course is over on the day *on*."""
        return self.ends_on is not None and on > self.ends_on

    def is_due(self, on: date) -> bool:
        """Tell whether it comes out of the pipeline on the day *on*."""
        return (
            self.opening is Opening.PIPELINE and self.opens_on is not None and on >= self.opens_on
        )

    def held_until(self, at: datetime, hours: int) -> datetime:
        """Return until when a seat offered at *at* is kept: never beyond the last day of enrolment."""
        until = at + timedelta(hours=hours)
        last = self.last_given_out
        return until if last is None else min(until, is_over(last))

    def require_move(self, to: Opening) -> None:
        """Raise `ConflictError` ``illegal-place-move`` unless the place can become *to*."""
        allowed = ALLOWED[self.opening]
        if to not in allowed:
            raise ConflictError(
                "illegal-place-move",
                f"A place that is {self.opening} can only become {' or '.join(sorted(allowed))}.",
                allowed=sorted(allowed),
            )

    def checked(self, kind: CapacityKind) -> "Place":
        """Return it unchanged. Raises `ConflictError` ``no-pipeline``, or `InvalidError`."""
        if kind is CapacityKind.BED and self.opening is Opening.PIPELINE:
            raise ConflictError(
                "no-pipeline",
                "A bed is available or closed: what is being prepared has another kind.",
            )
        for wrong, pointer, code, detail in _RULES:
            if wrong(self, kind):
                raise InvalidError(
                    code, detail, errors=[FieldError(pointer=pointer, detail=detail)]
                )
        return self


def _shared_out(place: Place, kind: CapacityKind) -> bool:
    return kind.has_ledger and place.seats != 1


def _dated_without_a_course(place: Place, kind: CapacityKind) -> bool:
    dates = (place.starts_on, place.ends_on, place.enrols_until)
    return kind is not CapacityKind.COHORT and any(dates)


def _undated(place: Place, kind: CapacityKind) -> bool:
    return kind is CapacityKind.COHORT and not (place.starts_on and place.ends_on)


def _ends_first(place: Place, _kind: CapacityKind) -> bool:
    return bool(place.starts_on and place.ends_on and place.ends_on < place.starts_on)


def _enrols_after_its_end(place: Place, _kind: CapacityKind) -> bool:
    return bool(place.enrols_until and place.ends_on and place.enrols_until > place.ends_on)


def _opens_too_late(place: Place, _kind: CapacityKind) -> bool:
    last = place.last_given_out
    return bool(place.opens_on and last and place.opens_on > last)


_RULES: Final[tuple[tuple[Callable[[Place, CapacityKind], bool], str, str, str], ...]] = (
    (_shared_out, "/seats", "one-person-each", "A bed or a home is for one: add one for each."),
    (
        _dated_without_a_course,
        "/starts_on",
        "no-course",
        "Only a course (kind cohort) has days on which it starts, ends and enrols.",
    ),
    (_undated, "/starts_on", "course-undated", "Say on which days the course starts and ends."),
    (
        _ends_first,
        "/ends_on",
        "course-ends-before-it-starts",
        "A course ends after it starts, or on that day: change one of the two.",
    ),
    (
        _enrols_after_its_end,
        "/enrols_until",
        "enrols-after-its-end",
        "Nobody joins a course that is over: let enrolment end with it, or before.",
    ),
    (
        _opens_too_late,
        "/opens_on",
        "opens-too-late",
        "It would open after its last day: choose an earlier one.",
    ),
)
