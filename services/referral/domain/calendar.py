"""An appointment as a calendar file: neither the person nor the place is in it."""

from datetime import datetime
from typing import Final

from onward import icalendar as files
from onward.ids import reference
from services.referral.domain.appointments import Appointment, State

_STATUS: Final = {State.CANCELLED: "CANCELLED"}


def icalendar(appointment: Appointment, *, service: str, address: str, now: datetime) -> str:
    """Return the file; *address* is the page of the referral, which asks whoever opens it who they are."""
    entry = files.CalendarEntry(
        uid=str(appointment.id),
        title=f"{service}, reference {reference(appointment.handoff_id)}",
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        address=address,
        revision=appointment.revision,
        status=_STATUS.get(appointment.state, "CONFIRMED"),
    )
    method = "CANCEL" if appointment.state is State.CANCELLED else "PUBLISH"
    return files.icalendar([entry], now=now, about=[f"METHOD:{method}"])
