"""A service's opening in sentences, for people who plan to go there."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.directory.domain.opening import sessions
from services.directory.domain.opening.calendar import Now, State
from services.directory.domain.opening.sessions import NAMES, listed
from services.directory.domain.opening.times import DAY, Exceptional, Opening, Span

UNSTATED: Final = "When it is open is not stated: ask first"
NOON: Final = 12 * 60
RUN: Final = 3
"""From so many days in a row on they are told as from the first to the last."""


def in_words(opening: Opening | None) -> tuple[str, ...]:
    """Return everything that is known about when a service is open, one line each."""
    if opening is None:
        return (UNSTATED,)
    return tuple(_lines(opening))


def now_in_words(found: Now, at: datetime, zone: ZoneInfo) -> str:
    """Return how it stands at *at*, in the time of *zone*."""
    said = {
        State.OPEN: "Open now",
        State.CLOSED: "Closed now",
        State.UNKNOWN: "Ask whether it is open now",
    }[found.state]
    if found.until:
        moment = _moment(found.until, at, zone).removeprefix("at ").removeprefix("on ")
        return f"{said}, until {moment}"
    if found.next_opens:
        return f"{said}, opens {_moment(found.next_opens, at, zone)}"
    return said


def clock(minutes: int) -> str:
    """Return *minutes* after midnight as a time: 9am, 6:30pm, midday, midnight."""
    minutes %= DAY
    if minutes in {0, NOON}:
        return "midday" if minutes else "midnight"
    hour, minute = divmod(minutes, 60)
    shown = f"{(hour - 1) % 12 + 1}:{minute:02}" if minute else f"{(hour - 1) % 12 + 1}"
    return shown + ("am" if minutes < NOON else "pm")


def _lines(opening: Opening) -> Iterator[str]:
    if opening.always:
        yield "Day and night, every day"
    for hours in opening.weekly:
        yield f"{_weekdays(hours.days)}: {_span(hours.span)}"
    for session in opening.sessions:
        begins = session.starts.hour * 60 + session.starts.minute
        said = f"{sessions.in_words(session.repeat)}, {clock(begins)} to {clock(begins + session.minutes)}"
        yield f"{session.name}: {said}" if session.name else said[:1].upper() + said[1:]
    if opening.is_stated:
        yield _bank_holidays(opening)
    else:
        yield UNSTATED
    for exception in opening.exceptions:
        yield _exception(exception)
    for left_open in opening.unstated:
        yield f"Not stated: {left_open}"


def _weekdays(days: frozenset[int]) -> str:
    if len(days) == len(NAMES):
        return "Every day"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said: list[str] = []
    for run in runs:
        if len(run) >= RUN:
            said.append(f"{NAMES[run[0]]} to {NAMES[run[-1]]}")
        else:
            said += [NAMES[day] for day in run]
    return listed(said)


def _span(span: Span) -> str:
    if span.ends - span.begins == DAY and span.begins == 0:
        return "all day"
    next_day = " the next day" if span.ends > DAY else ""
    return f"{clock(span.begins)} to {clock(span.ends)}{next_day}"


def _spans(spans: tuple[Span, ...]) -> str:
    return listed([_span(span) for span in spans]) if spans else "closed"


def _bank_holidays(opening: Opening) -> str:
    rule = opening.bank_holidays
    if rule is None:
        return "Bank holidays: not stated, ask first"
    if rule.as_usual:
        return "Bank holidays: open as usual"
    return f"Bank holidays: {_spans(rule.spans)}"


def _exception(exception: Exceptional) -> str:
    days = _day(exception.first)
    if exception.last != exception.first:
        days += f" to {_day(exception.last)}"
    why = f" ({exception.says})" if exception.says else ""
    return f"{days}: {_spans(exception.spans)}{why}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _moment(moment: datetime, at: datetime, zone: ZoneInfo) -> str:
    local, today = moment.astimezone(zone), at.astimezone(zone).date()
    said = clock(local.hour * 60 + local.minute)
    days = (local.date() - today).days
    if days == 0:
        return f"at {said}"
    if days == 1:
        return f"tomorrow at {said}"
    if days < len(NAMES):
        return f"on {NAMES[local.weekday()]} at {said}"
    return f"on {_day(local.date())} at {said}"
