"""Read an opening document; every mistake is named by its place."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from onward.errors import InvalidError
from services.directory.domain.documents import Reading
from services.directory.domain.opening.sessions import RuleError, read_rule, times_of
from services.directory.domain.opening.times import (
    DAY,
    DAYS,
    BankHolidays,
    Exceptional,
    Opening,
    Repeat,
    Session,
    Span,
    Weekly,
)

LONDON: Final = "Europe/London"
MOST: Final = 100
"""Entries of any list."""
MOST_SPANS: Final = 10
"""Openings of one day."""
SHORTEST: Final = 5
"""Minutes of a session."""
LONGEST_BREAK: Final = 366
"""Days that one exception is about."""
YEARS: Final = range(2000, 2101)
KEYS: Final = (
    "time_zone",
    "always",
    "weekly",
    "sessions",
    "bank_holidays",
    "exceptions",
    "unstated",
)
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-4]):[0-5][0-9]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


def read(document: Any, *, pointer: str = "") -> Opening:
    """Return the opening that *document* describes.

    Raises `InvalidError` ``invalid-opening`` with everything that is wrong in it, each by JSON
    Pointer; *pointer* is where the document itself stands.
    """
    reader = _Reader(pointer)
    found = reader.opening(document)
    if found is None or reader.errors:
        raise InvalidError(
            "invalid-opening",
            "Change what errors lists in the document, then send it again.",
            errors=reader.errors,
        )
    return found


class _Reader(Reading):
    """Reads one document; what is None was wrong, and has been noted."""

    def opening(self, said: Any) -> Opening | None:
        if not self.is_object(said, "", KEYS):
            return None
        always = said.get("always", False)
        if type(always) is not bool or (always and ("weekly" in said or "sessions" in said)):
            self.wrong("/always", "Say true or false; what is always open has no other hours.")
        return Opening(
            zone=self.zone(said.get("time_zone", LONDON)),
            always=always is True,
            weekly=self.weekly(said.get("weekly", [])),
            sessions=self.sessions(said.get("sessions", [])),
            bank_holidays=self.bank_holidays(said.get("bank_holidays")),
            exceptions=self.exceptions(said.get("exceptions", [])),
            unstated=self.sentences(said.get("unstated", []), "/unstated", MOST),
        )

    def zone(self, said: Any) -> ZoneInfo:
        try:
            return ZoneInfo(said)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            self.wrong("/time_zone", "Name a zone of the IANA database, such as Europe/London.")
            return ZoneInfo(LONDON)

    def weekly(self, said: Any) -> tuple[Weekly, ...]:
        found: list[Weekly] = []
        for at, one in enumerate(self.items(said, "/weekly", MOST)):
            pointer = f"/weekly/{at}"
            if not self.is_object(one, pointer, ("days", "from", "to")):
                continue
            days = self.days(one.get("days"), f"{pointer}/days")
            if (span := self.span(one, pointer)) and days:
                self.apart(span, (w.span for w in found if w.days & days), pointer)
                found.append(Weekly(days=days, span=span))
        return tuple(found)

    def days(self, said: Any, pointer: str) -> frozenset[int]:
        found = self.items(said, pointer, len(DAYS), fewest=1)
        if all(isinstance(day, str) and day in DAYS for day in found):
            return frozenset(DAYS[day] for day in found)
        self.wrong(pointer, f"Use {', '.join(DAYS)}.")
        return frozenset()

    def span(self, said: Mapping[str, Any], pointer: str) -> Span | None:
        begins = self.clock(said.get("from"), f"{pointer}/from")
        ends = self.clock(said.get("to"), f"{pointer}/to")
        if begins is None or ends is None:
            return None
        if begins in {ends, DAY}:
            self.wrong(pointer, 'Say from when to when; a whole day is from "00:00" to "24:00".')
            return None
        return Span(begins=begins, ends=ends if ends > begins else ends + DAY)

    def clock(self, said: Any, pointer: str) -> int | None:
        if isinstance(said, str) and _CLOCK.fullmatch(said):
            minutes = int(said[:2]) * 60 + int(said[3:])
            if minutes <= DAY:
                return minutes
        self.wrong(pointer, 'Write a time of 24 hours in quotes, such as "09:30" or "24:00".')
        return None

    def apart(self, span: Span, others: Iterable[Span], pointer: str) -> None:
        if any(span.begins < other.ends and other.begins < span.ends for other in others):
            self.wrong(pointer, "These hours overlap others of the same day: make one of them.")

    def spans(self, said: Any, pointer: str) -> tuple[Span, ...]:
        found: list[Span] = []
        for at, one in enumerate(self.items(said, pointer, MOST_SPANS, fewest=1)):
            here = f"{pointer}/{at}"
            if self.is_object(one, here, ("from", "to")) and (span := self.span(one, here)):
                self.apart(span, found, here)
                found.append(span)
        return tuple(found)

    def sessions(self, said: Any) -> tuple[Session, ...]:
        found = (
            self.session(one, f"/sessions/{at}")
            for at, one in enumerate(self.items(said, "/sessions", MOST))
        )
        return tuple(session for session in found if session)

    def session(self, said: Any, pointer: str) -> Session | None:
        if not self.is_object(said, pointer, ("name", "rule", "starts", "minutes")):
            return None
        repeat = self.repeat(said.get("rule"), f"{pointer}/rule")
        starts = self.moment(said.get("starts"), f"{pointer}/starts")
        minutes = said.get("minutes")
        if type(minutes) is not int or not SHORTEST <= minutes <= DAY:
            self.wrong(f"{pointer}/minutes", f"Give {SHORTEST} to {DAY} minutes.")
            return None
        name = self.maybe_sentence(said, "name", pointer)
        if repeat is None or starts is None:
            return None
        session = Session(name=name, repeat=repeat, starts=starts, minutes=minutes)
        if starts not in times_of(session, starts.date(), starts.date()):
            self.wrong(f"{pointer}/starts", "The first session has to be one that the rule makes.")
        return session

    def repeat(self, said: Any, pointer: str) -> Repeat | None:
        try:
            return read_rule(said if isinstance(said, str) else "")
        except RuleError as error:
            self.wrong(pointer, str(error))
            return None

    def moment(self, said: Any, pointer: str) -> datetime | None:
        if isinstance(said, str) and _MOMENT.fullmatch(said) and self.year(said):
            try:
                return datetime.fromisoformat(said)  # of the wall: the zone is the document's
            except ValueError:
                pass
        self.wrong(pointer, 'Write day and time in quotes, such as "2026-01-06T18:30".')
        return None

    def year(self, said: str) -> bool:
        return int(said[:4]) in YEARS

    def day(self, said: Any, pointer: str) -> date | None:
        if isinstance(said, str) and _DAY.fullmatch(said) and self.year(said):
            try:
                return date.fromisoformat(said)
            except ValueError:
                pass
        self.wrong(pointer, 'Write a day in quotes, such as "2026-12-24".')
        return None

    def bank_holidays(self, said: Any) -> BankHolidays | None:
        if said is None:
            return None
        if said == "closed":
            return BankHolidays()
        if said == "as_usual":
            return BankHolidays(as_usual=True)
        if not isinstance(said, list):
            self.wrong("/bank_holidays", "Use closed, as_usual or a list of hours.")
            return None
        return BankHolidays(spans=self.spans(said, "/bank_holidays"))

    def exceptions(self, said: Any) -> tuple[Exceptional, ...]:
        found: list[Exceptional] = []
        for at, one in enumerate(self.items(said, "/exceptions", MOST)):
            pointer = f"/exceptions/{at}"
            exception = self.exception(one, pointer)
            if exception is None:
                continue
            if any(o.first <= exception.last and exception.first <= o.last for o in found):
                self.wrong(pointer, "Another exception is about the same day: say it once.")
            found.append(exception)
        return tuple(found)

    def exception(self, said: Any, pointer: str) -> Exceptional | None:
        if not self.is_object(said, pointer, ("day", "to", "closed", "hours", "says")):
            return None
        first = self.day(said.get("day"), f"{pointer}/day")
        last = self.day(said["to"], f"{pointer}/to") if "to" in said else first
        if first is None or last is None:
            return None
        if not timedelta() <= last - first < timedelta(days=LONGEST_BREAK):
            self.wrong(f"{pointer}/to", f"Name a later day, within {LONGEST_BREAK} days.")
        if ("hours" in said) is ("closed" in said) or said.get("closed", True) is not True:
            self.wrong(pointer, "Say either closed: true, or its hours.")
        spans = self.spans(said["hours"], f"{pointer}/hours") if "hours" in said else ()
        says = self.maybe_sentence(said, "says", pointer)
        return Exceptional(first=first, last=last, spans=spans, says=says)
