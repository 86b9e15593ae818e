"""A worker's calendar: its address on the settings page, and the file that calendar programs fetch."""

from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, request

from onward.icalendar import MEDIA_TYPE, icalendar
from onward.web import allow, current_running, current_uow, transactional
from onward.web.access import public
from onward.web.languages import translated
from services.notification.handlers import calendars
from services.notification.web.pages import PEOPLE

AGAIN: Final = "PT15M"
"""After how long programs are asked to look again (RFC 7986, 5.7)."""

pages = Blueprint("notification_calendars", __name__)


@pages.post("/notifications/settings/calendar")
@allow(*PEOPLE)
@transactional
def renew() -> Any:
    """Give the worker's calendar a new address, or none."""
    is_open = request.form.get("open") == "yes"
    calendars.renew(current_uow(), is_open=is_open)
    flash(
        translated("Your calendar has a new address." if is_open else "Your calendar is closed."),
        "success",
    )
    return redirect("/notifications/settings#calendar", 303)


@pages.get("/notifications/calendar/<token>.ics")
@public
@transactional
def read(token: str) -> Response:
    """Answer a calendar program, which cannot sign in, with what the worker it is for may see."""
    settings, now = current_running().settings, current_uow().now

    found = calendars.entries(
        current_uow(), token, settings.secret_key, public_url=settings.public_url
    )
    about = (
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Onward",
        f"REFRESH-INTERVAL;VALUE=DURATION:{AGAIN}",
        f"X-PUBLISHED-TTL:{AGAIN}",
    )
    return Response(
        icalendar(found, now=now, about=about), content_type=f"{MEDIA_TYPE}; charset=utf-8"
    )


def address() -> str | None:
    """Return where the worker's calendar is, None where they have none."""
    settings = current_running().settings
    token = calendars.address(current_uow(), settings.secret_key)
    return f"{settings.public_url}/notifications/calendar/{token}.ics" if token else None
