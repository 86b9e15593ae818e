"""What an opening document says: usual hours, sessions, exceptions, and what it does not say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = 24 * 60
"""Minutes of a day on the wall."""
DAYS: Final[Mapping[str, int]] = {
    code: number for number, code in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """From a minute of a day to another, as the clock on the wall shows them."""

    begins: int
    """Minutes after midnight, below `DAY`."""
    ends: int
    """Minutes after that midnight: more than `DAY` for hours that end on the next day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Hours that are the same on these days of every week."""

    days: frozenset[int]
    """0 is Monday."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How a session recurs: the part of RFC 5545's RRULE that sessions need."""

    frequency: str
    """``DAILY``, ``WEEKLY`` or ``MONTHLY``."""
    interval: int = 1
    weekdays: tuple[tuple[int | None, int], ...] = ()
    """Which one of the month (-1 the last, None every one), and the day: 0 is Monday."""
    monthdays: tuple[int, ...] = ()
    """Days of the month; -1 is the last."""
    count: int | None = None
    """How many sessions there are in all."""
    until: date | None = None
    """The last day on which there may be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Something that takes place again and again."""

    name: str | None
    repeat: Repeat
    starts: datetime
    """The first one, as the clock on the wall shows it (without a zone)."""
    minutes: int
    """How long it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptional:
    """Days that have these hours and no others."""

    first: date
    last: date
    spans: tuple[Span, ...] = ()
    """None of them: closed."""
    says: str | None = None

    def covers(self, day: date) -> bool:
        """Tell whether it is about *day*."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class BankHolidays:
    """What is different on a bank holiday."""

    as_usual: bool = False
    spans: tuple[Span, ...] = ()
    """Hours on those days unless they are as usual; none of them: closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When a service is open, as far as its source says."""

    zone: ZoneInfo
    always: bool = False
    weekly: tuple[Weekly, ...] = ()
    sessions: tuple[Session, ...] = ()
    bank_holidays: BankHolidays | None = None
    """None: nobody says what happens on them."""
    exceptions: tuple[Exceptional, ...] = ()
    unstated: tuple[str, ...] = ()
    """What the source leaves open."""

    @property
    def is_stated(self) -> bool:
        """Whether the source says when it is usually open."""
        return self.always or bool(self.weekly) or bool(self.sessions)

    def exception_on(self, day: date) -> Exceptional | None:
        """Return the exception about *day*, or None."""
        return next((one for one in self.exceptions if one.covers(day)), None)

    def spans_on(self, day: date) -> Iterator[Span]:
        """Return the usual hours of *day*, sessions aside."""
        if self.always:
            yield Span(begins=0, ends=DAY)
        for hours in self.weekly:
            if day.weekday() in hours.days:
                yield hours.span
