"""When a session takes place: read its rule, list its times, say it in words."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from dateutil import rrule

from services.directory.domain.opening.times import Repeat, Session

FREQUENCIES: Final[Mapping[str, Literal[1, 2, 3]]] = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
}
LONGEST_INTERVAL: Final[Mapping[str, int]] = {"DAILY": 366, "WEEKLY": 52, "MONTHLY": 12}
MOST: Final = 1000
"""Sessions that a rule may count."""
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
SECOND: Final = 2
LAST_MONTHDAY: Final = 28
"""Later days are missing from some months: -1 says the last one."""
_PARTS: Final = {
    "INTERVAL": re.compile(r"[1-9][0-9]{0,2}"),
    "COUNT": re.compile(r"[1-9][0-9]{0,3}"),
    "UNTIL": re.compile(r"[0-9]{8}"),
    "BYDAY": re.compile(r"([1-5]|-1)?(MO|TU|WE|TH|FR|SA|SU)(,([1-5]|-1)?(MO|TU|WE|TH|FR|SA|SU))*"),
    "BYMONTHDAY": re.compile(r"-?[1-9][0-9]?(,-?[1-9][0-9]?)*"),
}
_ONE_DAY: Final = re.compile(r"([1-5]|-1)?(MO|TU|WE|TH|FR|SA|SU)")


class RuleError(ValueError):
    """A rule that cannot be; its text says what to change."""


def read_rule(text: str) -> Repeat:
    """Return the rule that *text* (an RRULE without its name) says. Raises `RuleError`."""
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in FREQUENCIES:
        raise RuleError("Begin with FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY.")
    for name, value in parts.items():
        if name not in _PARTS:
            raise RuleError(f"Use {', '.join(_PARTS)} beside FREQ, and nothing else.")
        if not _PARTS[name].fullmatch(value):
            raise RuleError(f"Write {name} as RFC 5545 does.")
    repeat = Repeat(
        frequency=frequency,
        interval=int(parts.get("INTERVAL", "1")),
        weekdays=tuple(_weekdays(parts.get("BYDAY", ""))),
        monthdays=tuple(int(day) for day in parts.get("BYMONTHDAY", "").split(",") if day),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=_day(parts["UNTIL"]) if "UNTIL" in parts else None,
    )
    _check(repeat)
    return repeat


def write_rule(repeat: Repeat) -> str:
    """Return *repeat* as RFC 5545 writes it."""
    parts = [f"FREQ={repeat.frequency}"]
    if repeat.interval > 1:
        parts.append(f"INTERVAL={repeat.interval}")
    if repeat.weekdays:
        days = (f"{which or ''}{WEEKDAYS[day]}" for which, day in repeat.weekdays)
        parts.append(f"BYDAY={','.join(days)}")
    if repeat.monthdays:
        parts.append(f"BYMONTHDAY={','.join(map(str, repeat.monthdays))}")
    if repeat.count:
        parts.append(f"COUNT={repeat.count}")
    if repeat.until:
        parts.append(f"UNTIL={repeat.until:%Y%m%d}")
    return ";".join(parts)


def times_of(session: Session, first: date, last: date) -> Iterator[datetime]:
    """Return when *session* begins on the days from *first* to *last*, as the wall's clock shows it."""
    begin = datetime.combine(first, time())
    end = datetime.combine(last, time.max)
    if session.starts > end or (session.repeat.until and session.repeat.until < first):
        return iter(())
    return iter(_rule(session, first).between(begin, end, inc=True))


def _rule(session: Session, near: date) -> rrule.rrule:
    repeat = session.repeat
    return rrule.rrule(
        FREQUENCIES[repeat.frequency],
        dtstart=session.starts if repeat.count else _aligned(session, near),
        interval=repeat.interval,
        byweekday=[
            rrule.weekday(day) if which is None else rrule.weekday(day, which)
            for which, day in repeat.weekdays
        ]
        or None,
        bymonthday=repeat.monthdays or None,
        count=repeat.count,
        until=datetime.combine(repeat.until, time.max) if repeat.until else None,
    )


def _aligned(session: Session, near: date) -> datetime:
    """Return a start in step with the first one but not long before *near*: nothing counts from it."""
    starts, interval = session.starts, session.repeat.interval
    days = (near - starts.date()).days
    if days <= 0:
        return starts
    if session.repeat.frequency == "MONTHLY":
        months = (near.year - starts.year) * 12 + near.month - starts.month
        years, month = divmod(starts.month - 1 + months // interval * interval, 12)
        aligned = starts.replace(year=starts.year + years, month=month + 1, day=1)
        return max(starts, aligned)
    step = interval * (7 if session.repeat.frequency == "WEEKLY" else 1)
    return starts + timedelta(days=max(0, days // step - 1) * step)


def in_words(repeat: Repeat) -> str:
    """Return how often it takes place, such as "every second week on Tuesday"."""
    if repeat.frequency == "DAILY":
        words = _every("day", repeat.interval)
    elif repeat.frequency == "WEEKLY":
        days = listed([NAMES[day] for _, day in repeat.weekdays])
        words = f"every {days}"
        if repeat.interval > 1:
            words = f"{_every('week', repeat.interval)} on {days}"
    else:
        words = f"the {listed(_monthly(repeat))} of {_every('month', repeat.interval)}"
    if repeat.count:
        words += ", once" if repeat.count == 1 else f", {repeat.count} times"
    if repeat.until:
        words += f", until {repeat.until.day} {repeat.until:%B %Y}"
    return words


def listed(words: Sequence[str]) -> str:
    """Return *words* as one enumeration."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _every(unit: str, interval: int) -> str:
    if interval == 1:
        return f"every {unit}"
    return f"every second {unit}" if interval == SECOND else f"every {interval} {unit}s"


def _monthly(repeat: Repeat) -> list[str]:
    days = [f"{ORDINALS[which or 1]} {NAMES[day]}" for which, day in repeat.weekdays]
    return days + [_monthday(day) for day in repeat.monthdays]


def _monthday(day: int) -> str:
    if day < 0:
        return "last day" if day == -1 else f"{_ordinal(-day)} day from the end"
    return _ordinal(day)


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}
    return f"{number}{ends.get(number, 'th')}"


def _parts(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) != len(pairs) or "" in parts.values():
        raise RuleError("Write NAME=VALUE;NAME=VALUE, each name once.")
    return parts


def _weekdays(text: str) -> Iterator[tuple[int | None, int]]:
    for which, day in _ONE_DAY.findall(text):
        yield int(which) if which else None, WEEKDAYS.index(day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleError("UNTIL names a day that there is not.") from None


def _check(repeat: Repeat) -> None:
    longest = LONGEST_INTERVAL[repeat.frequency]
    if repeat.interval > longest:
        raise RuleError(f"Use an INTERVAL of {longest} at most.")
    if repeat.count and repeat.until:
        raise RuleError("Use COUNT or UNTIL, not both.")
    if repeat.count and repeat.count > MOST:
        raise RuleError(f"Use a COUNT of {MOST} at most.")
    _CHECKS[repeat.frequency](repeat)


def _check_daily(repeat: Repeat) -> None:
    if repeat.weekdays or repeat.monthdays:
        raise RuleError("A daily rule names no days: use FREQ=WEEKLY for that.")


def _check_weekly(repeat: Repeat) -> None:
    ordinals = any(which is not None for which, _ in repeat.weekdays)
    if not repeat.weekdays or ordinals or repeat.monthdays:
        raise RuleError("A weekly rule names its days, such as BYDAY=TU,TH, and nothing else.")


def _check_monthly(repeat: Repeat) -> None:
    plain = any(which is None for which, _ in repeat.weekdays)
    if bool(repeat.weekdays) is bool(repeat.monthdays) or plain:
        raise RuleError("A monthly rule has either BYDAY=1TU or BYMONTHDAY=15, or several of one.")
    if any(abs(day) > LAST_MONTHDAY for day in repeat.monthdays):
        raise RuleError("Not every month has that day: BYMONTHDAY=-1 is the last one.")


_CHECKS: Final[Mapping[str, Callable[[Repeat], None]]] = {
    "DAILY": _check_daily,
    "WEEKLY": _check_weekly,
    "MONTHLY": _check_monthly,
}
