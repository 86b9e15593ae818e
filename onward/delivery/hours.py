"""When somebody may be reached: their hours by London's clock, and the hour of their digest."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
_WEEK: Final = 7
EVERY_DAY: Final = tuple(range(_WEEK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Days and hours at which messages may come; outside them it is quiet.

    Working hours and quiet hours are one statement: not from ten at night to seven is seven to ten.
    """

    days: tuple[int, ...] = EVERY_DAY
    """0 is Monday: the day on which a span begins."""
    begins: time
    ends: time
    """Not after *begins*: the span goes on into the next morning. Equal: the whole day."""


def reachable_from(hours: Hours | None, at: datetime) -> datetime:
    """Return the first moment, *at* or later, inside *hours*; *at* itself where there are none."""
    if hours is None or not hours.days:
        return at
    today = at.astimezone(LONDON).date()
    spans = (_span(hours, today + timedelta(days=ahead)) for ahead in range(-1, _WEEK + 1))
    return min(max(begin, at) for begin, end in filter(None, spans) if end > at).astimezone(
        at.tzinfo
    )


def next_at(clock: time, after: datetime) -> datetime:
    """Return the next moment later than *after* at which London's clock shows *clock*."""
    today = after.astimezone(LONDON).date()
    moment = datetime.combine(today, clock, LONDON)
    if moment <= after:
        moment = datetime.combine(today + timedelta(days=1), clock, LONDON)
    return moment.astimezone(after.tzinfo)


def _span(hours: Hours, on: date) -> tuple[datetime, datetime] | None:
    if on.weekday() not in hours.days:
        return None
    over_night = hours.ends <= hours.begins
    last = on + timedelta(days=1) if over_night else on
    return datetime.combine(on, hours.begins, LONDON), datetime.combine(last, hours.ends, LONDON)
