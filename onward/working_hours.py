"""Count time in the hours in which somebody works: weekly hours, bank holidays and dated exceptions.

They travel between services, and stand in a row, as one line of text that people can read too::

    Europe/London; mon,tue 09:00-17:00; sat 18:00-26:00; england closed; 2026-12-24/2026-12-26 closed

First the zone; then days of the week, the nation whose bank holidays have hours of their own, and dated
exceptions, which win over both. Hours past midnight go on counting: 26:00 is two in the morning.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from onward.bank_holidays import SUBDIVISIONS, bank_holiday
from onward.wall import instant

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD: Final = timedelta(days=370)
"""How far ahead working time is looked for: whoever is closed for longer is waited for no longer."""
SPILL: Final = 2
"""Days before, on which hours may begin that still go on."""
CLOSED: Final = "closed"

Span = tuple[int, int]
"""From a minute after midnight to another, as the clock on the wall shows them."""
Spans = tuple[Span, ...]
"""The hours of a day in order; none of them: closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Except:
    """Days that have these hours and no others."""

    first: date
    last: date
    spans: Spans = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """When somebody works."""

    zone: ZoneInfo
    weekly: tuple[Spans, ...]
    """The usual hours of seven days, Monday's first."""
    nation: str | None = None
    """Whose bank holidays have hours of their own; None: they are like any other day."""
    holidays: Spans = ()
    exceptions: tuple[Except, ...] = ()

    def after(self, at: datetime, worked: timedelta) -> datetime:
        """Return when *worked* will have been worked since *at*, or *at* plus `AHEAD` if that is sooner."""
        left, limit = worked, at + AHEAD
        if not left:
            return at
        for begins, ends in self._stretches(at, limit):
            if ends - begins >= left:
                return min(begins + left, limit)
            left -= ends - begins
        return limit

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how much is worked from one moment to another."""
        parts = (min(ends, end) - begins for begins, ends in self._stretches(begin, end))
        return sum((part for part in parts if part > timedelta()), timedelta())

    def _stretches(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is worked after *begin* on the days until *end*, in order and apart."""
        day = begin.astimezone(self.zone).date() - timedelta(days=SPILL)
        last = end.astimezone(self.zone).date()
        reached = begin
        while day <= last:
            midnight = datetime.combine(day, time())
            for first, until in self._spans_on(day):
                begins = max(reached, instant(midnight + timedelta(minutes=first), self.zone))
                ends = instant(midnight + timedelta(minutes=until), self.zone, last=True)
                if begins < ends:
                    yield begins, ends
                    reached = ends
            day += timedelta(days=1)

    def _spans_on(self, day: date) -> Spans:
        for one in self.exceptions:
            if one.first <= day <= one.last:
                return one.spans
        if self.nation and bank_holiday(day, self.nation):
            return self.holidays
        return self.weekly[day.weekday()]


def write(hours: WorkingHours) -> str:
    """Return *hours* as a line of text that `read` reads."""
    days: dict[Spans, list[str]] = defaultdict(list)
    for code, spans in zip(DAYS, hours.weekly, strict=True):
        if spans:
            days[spans].append(code)
    parts = [
        hours.zone.key,
        *(f"{','.join(codes)} {_said(spans)}" for spans, codes in days.items()),
    ]
    if hours.nation:
        parts.append(f"{hours.nation} {_said(hours.holidays)}")
    parts += [f"{one.first}/{one.last} {_said(one.spans)}" for one in hours.exceptions]
    return "; ".join(parts)


@lru_cache(maxsize=1024)
def read(text: str) -> WorkingHours:
    """Return the hours that `write` wrote as *text*. Raises `ValueError`."""
    zone, *rules = text.split("; ")
    weekly: dict[str, Spans] = {}
    nation: str | None = None
    holidays: Spans = ()
    exceptions = []
    for rule in rules:
        whom, _, said = rule.partition(" ")
        spans = _spans(said)
        if whom in SUBDIVISIONS:
            nation, holidays = whom, spans
        elif "/" in whom:
            first, last = map(date.fromisoformat, whom.split("/"))
            exceptions.append(Except(first=first, last=last, spans=spans))
        else:
            weekly |= dict.fromkeys(whom.split(","), spans)
    return WorkingHours(
        zone=ZoneInfo(zone),
        weekly=tuple(weekly.get(code, ()) for code in DAYS),
        nation=nation,
        holidays=holidays,
        exceptions=tuple(exceptions),
    )


def _said(spans: Spans) -> str:
    return ",".join(f"{_clock(begins)}-{_clock(ends)}" for begins, ends in spans) or CLOSED


def _spans(said: str) -> Spans:
    if said == CLOSED:
        return ()
    spans = (one.split("-") for one in said.split(","))
    return tuple((_minutes(begins), _minutes(ends)) for begins, ends in spans)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
