"""When a service is open, as Open Referral's schedules: one for all hours that are the same.

The standard repeats by week or by month. What it cannot say (dated exceptions, bank holidays, every third
day) stands in words in the description.
"""

from collections.abc import Iterator
from typing import Any, Final

from services.directory.domain.opening import Opening, in_words
from services.directory.domain.opening.sessions import WEEKDAYS
from services.directory.domain.opening.times import DAY, Session, Span

EVERY_DAY: Final = ",".join(WEEKDAYS)


def schedules(opening: Opening) -> Iterator[dict[str, Any]]:
    """Return every schedule, without an id."""
    words = "; ".join(in_words(opening))
    for one in _repeating(opening):
        yield {**one, "description": words}


def _repeating(opening: Opening) -> Iterator[dict[str, Any]]:
    if opening.always:
        yield {"freq": "WEEKLY", "byday": EVERY_DAY, **_hours(Span(begins=0, ends=DAY))}
    for hours in opening.weekly:
        days = ",".join(WEEKDAYS[day] for day in sorted(hours.days))
        yield {"freq": "WEEKLY", "byday": days, **_hours(hours.span)}
    for session in opening.sessions:
        yield _session(session)


def _session(session: Session) -> dict[str, Any]:
    repeat = session.repeat
    begins = session.starts.hour * 60 + session.starts.minute
    said: dict[str, Any] = {"dtstart": session.starts.date().isoformat()}
    if repeat.frequency == "DAILY":
        if repeat.interval == 1:
            said |= {"freq": "WEEKLY", "byday": EVERY_DAY}
    else:
        said |= {"freq": repeat.frequency, "interval": repeat.interval}
        said["byday"] = ",".join(f"{which or ''}{WEEKDAYS[day]}" for which, day in repeat.weekdays)
        said["bymonthday"] = ",".join(map(str, repeat.monthdays))
    if repeat.until:
        said["valid_to"] = repeat.until.isoformat()
    if session.name:
        said["notes"] = session.name
    said |= _hours(Span(begins=begins, ends=begins + session.minutes))
    return {name: value for name, value in said.items() if value not in {"", None}}


def _hours(span: Span) -> dict[str, str]:
    ends = span.ends if span.ends <= DAY else span.ends - DAY
    return {"opens_at": clock(span.begins), "closes_at": clock(ends)}


def clock(minutes: int) -> str:
    """Return *minutes* after midnight as a time of 24 hours."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
