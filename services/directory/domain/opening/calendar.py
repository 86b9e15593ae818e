"""Whether a service is open at a moment, and when it opens next: days, zones and holidays put together.

Hours are those of the clock on the wall: on the nights when it changes they last an hour longer or
shorter. A time that the clock skips is the end of the gap; a time that it shows twice begins with
the first and ends with the last.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from onward.bank_holidays import bank_holiday
from onward.wall import instant
from services.directory.domain.opening.sessions import times_of
from services.directory.domain.opening.times import Opening, Span

AHEAD: Final = 370
"""Days that are searched for the next opening."""
AT_ONCE: Final = 14
"""Days that are laid out at a time while searching far ahead."""
AT_FIRST: Final = 4
"""Days that are laid out at first: most services open again within them."""
SPILL: Final = 2
"""Days before, on which something may begin that still goes on."""
LONG: Final = timedelta(days=7)


class State(StrEnum):
    """Whether it is open."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """The source does not say."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Interval:
    """One stretch of being open, in UTC."""

    begins: datetime
    ends: datetime
    certain: bool = True
    """False where the source does not say whether usual hours hold on that bank holiday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How it stands at a moment."""

    state: State
    until: datetime | None = None
    """When an open service closes; None where that is further off than `LONG`."""
    next_opens: datetime | None = None
    """When a service that is not open opens next for certain; None where that is not known."""


def now(opening: Opening | None, nation: str, at: datetime) -> Now:
    """Return how a service stands at *at* (aware); None is one whose hours nobody states."""
    if opening is None:
        return Now(state=State.UNKNOWN)
    today = at.astimezone(opening.zone).date()
    state = State.CLOSED if _is_known(opening, nation, today) else State.UNKNOWN
    for one in _joined(_ahead(opening, nation, today - timedelta(days=SPILL))):
        if one.begins <= at < one.ends:
            if one.certain:
                soon = one.ends <= at + LONG
                return Now(state=State.OPEN, until=one.ends if soon else None)
            state = State.UNKNOWN
        elif one.begins > at and one.certain:
            return Now(state=state, next_opens=one.begins)
    return Now(state=state)


def intervals(opening: Opening, nation: str, first: date, last: date) -> list[Interval]:
    """Return every opening that begins on the days from *first* to *last*, in order."""
    found: list[Interval] = []
    taking_place = _sessions(opening, first, last)
    for day in _days(first, last):
        usual = [_interval(opening.zone, day, span) for span in opening.spans_on(day)]
        usual += taking_place.get(day, ())
        found += _as_it_is(opening, nation, day, usual)
    return sorted(one for one in found if one.begins < one.ends)


def _as_it_is(
    opening: Opening, nation: str, day: date, usual: list[Interval]
) -> Iterable[Interval]:
    """Return the openings of *day*, which are usually *usual*, as exceptions and holidays have them."""
    exception = opening.exception_on(day)
    if exception:
        return [_interval(opening.zone, day, span) for span in exception.spans]
    rule = opening.bank_holidays
    silent = not usual and not (rule and rule.spans)
    if silent or (rule and rule.as_usual) or not bank_holiday(day, nation):
        return usual
    if rule is None:
        return [replace(one, certain=False) for one in usual]
    return [_interval(opening.zone, day, span) for span in rule.spans]


def _is_known(opening: Opening, nation: str, day: date) -> bool:
    if opening.is_stated or opening.exception_on(day):
        return True
    rule = opening.bank_holidays
    return rule is not None and not rule.as_usual and bank_holiday(day, nation) is not None


def _ahead(opening: Opening, nation: str, first: date) -> Iterator[Interval]:
    begin, days = first, AT_FIRST
    while begin < first + timedelta(days=AHEAD):
        yield from intervals(opening, nation, begin, begin + timedelta(days=days - 1))
        begin, days = begin + timedelta(days=days), AT_ONCE


def _joined(found: Iterable[Interval]) -> Iterator[Interval]:
    """Return *found* with what goes on without a break made one, until that is twice `LONG`."""
    last: Interval | None = None
    for one in found:
        if last and _goes_on(last, one):
            last = replace(last, ends=max(last.ends, one.ends))
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


def _goes_on(last: Interval, one: Interval) -> bool:
    short = last.ends - last.begins < 2 * LONG
    return short and one.certain is last.certain and one.begins <= last.ends


def _sessions(opening: Opening, first: date, last: date) -> Mapping[date, list[Interval]]:
    found: dict[date, list[Interval]] = defaultdict(list)
    for session in opening.sessions:
        for wall in times_of(session, first, last):
            begins = instant(wall, opening.zone)
            ends = begins + timedelta(minutes=session.minutes)
            found[wall.date()].append(Interval(begins=begins, ends=ends))
    return found


@lru_cache(
    maxsize=4096
)  # many services keep the same hours, and each is asked about again and again
def _interval(zone: ZoneInfo, day: date, span: Span) -> Interval:
    midnight = datetime.combine(day, time())
    return Interval(
        begins=instant(midnight + timedelta(minutes=span.begins), zone),
        ends=instant(midnight + timedelta(minutes=span.ends), zone, last=True),
    )


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
