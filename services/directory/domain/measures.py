"""How full a service was, and how long people waited for it, in a period: counted from its ledger.

Occupancy is the time that seats were taken, divided by the time that they were there: a bed that is
open for 30 days is 30 seat-days. A seat of a course counts on the days of the course, any other while
its place is available. A held seat is not taken. A wait runs from the moment the sender first asked to
the moment a seat was held for that person for the first time, or the service began where it counts no
places; it belongs to the period in which it ended.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from services.directory.domain.checks import invalid
from services.directory.domain.claims import Claim
from services.directory.domain.days import begins, is_over
from services.directory.domain.places import Opening, Place

FEWEST: Final = 5
"""What fewer people make up is told to nobody but the service's own organisations."""
LONGEST: Final = timedelta(days=5 * 366)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time from one moment up to another."""

    start: datetime
    end: datetime

    def within(self, other: "Span") -> "Span":
        """Return the part of it that lies in *other*; an empty one where there is none."""
        start = max(self.start, other.start)
        return Span(start=start, end=max(start, min(self.end, other.end)))

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.start) / _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChange:
    """How a place stood from a moment on."""

    at: datetime
    opening: Opening
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A place with what it was and who had it, as far as the period needs it."""

    place: Place
    changes: Sequence[PlaceChange]
    """In their order."""
    stays: Sequence[Claim]
    """Claims that were taken up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was counted; None where too few people make it up to be told."""

    seat_days: float
    occupied_days: float | None
    occupancy_percent: float | None
    """None, too, where no seat was there."""
    stays: int | None
    """People who had a seat for some of the period."""
    waits: int | None
    """People whose wait ended in the period."""
    median_wait_days: float | None
    attended: int | None = None
    """Visits counted by head."""
    too_few: bool = False
    """Whether something was left out because too few people make it up."""

    def for_others(self) -> "Measures":
        """Return it as those may see it who do not work for the service."""
        few_stays, few_waits = _few(self.stays), _few(self.waits)
        shown = self
        if few_stays:
            shown = replace(shown, occupied_days=None, occupancy_percent=None, stays=None)
        if few_waits:
            shown = replace(shown, waits=None, median_wait_days=None)
        if _few(self.attended):
            shown = replace(shown, attended=None)
        return replace(shown, too_few=shown != self)


def period(first: date, last: date) -> Span:
    """Return the time from *first* to *last*, both included. Raises `InvalidError` for one that is none."""
    if last < first:
        raise invalid("/until", "The last day comes after the first, or is the same.")
    if last - first > LONGEST:
        raise invalid("/from", "Ask for five years at most.")
    return Span(start=begins(first), end=is_over(last))


def measured(
    places: Iterable[Lived], waits: Sequence[timedelta], of: Span, *, at: datetime
) -> Measures:
    """Return the measures of the time *of*, as far as it had passed *at* the moment."""
    passed = of.within(Span(start=of.start, end=at))
    seat_days = occupied = 0.0
    people = set()
    for lived in places:
        counted = _counted(lived.place, passed)
        seat_days += sum(seats * span.within(counted).days for span, seats in _open(lived, at))
        for claim in lived.stays:
            days = _stay(claim, at).within(counted).days
            occupied += days
            if days:
                people.add(claim.handoff_id)
    return Measures(
        seat_days=round(seat_days, 2),
        occupied_days=round(occupied, 2),
        occupancy_percent=round(100 * occupied / seat_days, 1) if seat_days else None,
        stays=len(people),
        waits=len(waits),
        median_wait_days=round(median(wait / _DAY for wait in waits), 2) if waits else None,
    )


def _counted(place: Place, passed: Span) -> Span:
    if place.starts_on is None or place.ends_on is None:
        return passed
    return Span(start=begins(place.starts_on), end=is_over(place.ends_on)).within(passed)


def _open(lived: Lived, at: datetime) -> Iterator[tuple[Span, int]]:
    moments = [*(change.at for change in lived.changes), at]
    for change, (start, end) in zip(lived.changes, pairwise(moments), strict=True):
        if change.opening is Opening.AVAILABLE:
            yield Span(start=start, end=max(start, end)), change.seats


def _stay(claim: Claim, at: datetime) -> Span:
    start = claim.taken_at or at
    return Span(start=start, end=max(start, claim.ended_at or at))


def _few(people: int | None) -> bool:
    return people is not None and 0 < people < FEWEST
