"""Write an appointment as an iCalendar file (RFC 5545) that says nothing about the person.

Calendars are copied to telephones and shared with teams: so neither the person nor the place is in it.
"""

from datetime import UTC, datetime
from typing import Final

from services.referral.domain.appointments import Appointment, State

WIDEST: Final = 75
"""Bytes of a line before it is folded (RFC 5545, 3.1)."""
_STATUS: Final = {State.CANCELLED: "CANCELLED"}


def icalendar(appointment: Appointment, *, service: str, address: str, now: datetime) -> str:
    """Return the file; *address* is the page of the referral, which asks whoever opens it who they are."""
    reference = str(appointment.handoff_id)[:8]
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Onward//Referrals//EN",
        f"METHOD:{'CANCEL' if appointment.state is State.CANCELLED else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{appointment.id}@onward",
        f"SEQUENCE:{appointment.revision}",
        f"DTSTAMP:{_moment(now)}",
        f"DTSTART:{_moment(appointment.starts_at)}",
        f"DTEND:{_moment(appointment.ends_at)}",
        f"STATUS:{_STATUS.get(appointment.state, 'CONFIRMED')}",
        f"SUMMARY:{_text(f'{service}, reference {reference}')}",
        f"URL:{address}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for character in ("\\", ";", ","):
        value = value.replace(character, f"\\{character}")
    return value.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Break a line after at most 75 bytes, never inside a character."""
    parts, part = [], ""
    for character in line:
        if len((part + character).encode()) > WIDEST:
            parts.append(part)
            part = " "
        part += character
    return "\r\n".join([*parts, part])
