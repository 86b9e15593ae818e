"""Write iCalendar files (RFC 5545) whose entries say nothing about a person.

Calendars are copied to telephones and shared with teams: an entry has a title, moments and a link that asks
whoever opens it who they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

WIDEST: Final = 75
"""Bytes of a line before it is folded (RFC 5545, 3.1)."""
MEDIA_TYPE: Final = "text/calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """Something that happens at a moment."""

    uid: str
    """The same for ever, so that a program recognises what it has."""
    title: str
    starts_at: datetime
    ends_at: datetime
    address: str
    revision: int = 0
    status: str = "CONFIRMED"
    busy: bool = True
    """Whether whoever has it in their calendar is taken up by it; a deadline takes nobody up."""


def icalendar(entries: Sequence[CalendarEntry], *, now: datetime, about: Sequence[str]) -> str:
    """Return the file; *about* are lines on the calendar itself, such as ``METHOD:PUBLISH``."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Onward//Referrals//EN",
        *about,
        *(line for entry in entries for line in _entry(entry, now)),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def text(value: str) -> str:
    """Return *value* as a text of a calendar is written."""
    for character in ("\\", ";", ","):
        value = value.replace(character, f"\\{character}")
    return value.replace("\n", "\\n")


def _entry(entry: CalendarEntry, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}@onward"
    yield f"SEQUENCE:{entry.revision}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART:{_moment(entry.starts_at)}"
    yield f"DTEND:{_moment(entry.ends_at)}"
    yield f"STATUS:{entry.status}"
    if not entry.busy:
        yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{text(entry.title)}"
    yield f"URL:{entry.address}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> str:
    """Break a line after at most 75 bytes, never inside a character."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > WIDEST:
            parts.append(part)
            part = " "
        part += character
    return "\r\n".join([*parts, part])
