"""The pages on which a worker chooses how they are told, stops a digest, and sees receipts."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from onward.errors import FieldError, InvalidError, Refused
from onward.ids import reference
from onward.web import allow, current_caller, current_running, current_uow, transactional
from onward.web.access import public
from onward.web.languages import translated
from onward.web.pages import LONDON
from onward.web.problems import problem_for
from services.notification.domain.languages import LANGUAGES
from services.notification.domain.people import Preferences
from services.notification.domain.rules import Urgency
from services.notification.handlers import preferences, receipts
from services.notification.handlers.tokens import principal_of
from services.notification.web import people_schemas as schemas
from services.notification.web.calendars import address
from services.notification.web.pages import PEOPLE
from services.notification.web.preferring import preferences_of, shown
from services.notification.web.reading import read

_schema: Final = schemas.Preferences()
_WHOLE_DAY: Final = "00:00"
"""As begin and end."""

pages = Blueprint("notification_settings", __name__, template_folder="templates")


@pages.get("/notifications/settings")
@allow(*PEOPLE)
@transactional
def settings() -> str:
    """Show how the worker is told."""
    return _settings({}, ())


@pages.post("/notifications/settings")
@allow(*PEOPLE)
@transactional
def choose() -> Any:
    """Store how the worker is told, or say what is wrong with the form."""
    uow = current_uow()
    said = _said()
    try:
        wanted = preferences_of(read(_schema, _as_body(said)), preferences.chosen(uow))
        preferences.prefer(uow, wanted, version=request.form.get("version", 0, type=int))
    except Refused as refusal:
        errors = refusal.errors or (FieldError(pointer="", detail=refusal.detail),)
        return _settings(said, errors), problem_for(refusal).status
    flash(translated("How you are told was saved."), "success")
    return redirect("/notifications/settings", 303)


@pages.get("/notifications/unsubscribe/<token>")
@public
def ask_to_unsubscribe(token: str) -> str:
    """Ask whether the digest is to stop: programs follow links, people press buttons."""
    principal_of(current_running().settings.secret_key, token)
    return render_template("notification/unsubscribe.html", token=token, done=False)


@pages.post("/notifications/unsubscribe/<token>")
@public
@transactional
def unsubscribe(token: str) -> str:
    """Stop the digest."""
    principal = principal_of(current_running().settings.secret_key, token)
    preferences.unsubscribe(current_uow(), principal)
    return render_template("notification/unsubscribe.html", token=token, done=True)


@pages.get("/notifications/receipts/<uuid:handoff_id>")
@allow(*PEOPLE)
@transactional
def receipts_of(handoff_id: UUID) -> str:
    """Show whether what the other side of a handoff was told has arrived."""
    return render_template(
        "notification/receipts.html",
        receipts=receipts.read_receipts(current_uow(), handoff_id),
        reference=reference(handoff_id),
    )


def _said() -> dict[str, Any]:
    """Return the form as it was filled in, empty fields left out."""
    lists = {name: request.form.getlist(name) for name in ("mail_for", "text_for", "days")}
    return {name: text for name, text in request.form.items() if text.strip()} | lists


def _as_body(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form says in the API's words."""
    names = ("called", "email", "phone", "mail_for", "text_for", "digest_at", "language")
    body = {name: said[name] for name in names if name in said}
    body["follow"] = "follow" in said
    body["hours"] = _hours(said)
    if {"cover", "away_from", "away_until"} & said.keys():
        body["away"] = _away(said)
    return body


def _hours(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the hours on the days ticked: whole days without times, None where that is every day."""
    missing = {"begins", "ends"} - said.keys()
    if len(missing) == 1:
        raise _wrong(f"/hours/{missing.pop()}", "Give both times, or neither.")
    if missing and set(said["days"]) == set(schemas.DAYS):
        return None
    return {name: said.get(name, _WHOLE_DAY) for name in ("days", "begins", "ends")}


def _away(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return whole days of London's as moments."""
    if "cover" not in said:
        raise _wrong("/cover", "Choose who is told instead, or clear the dates.")
    first = _day(said.get("away_from", ""), "/away_from")
    away = {"begins": _midnight(first), "cover": said["cover"]}
    if "away_until" in said:
        last = _day(said["away_until"], "/away_until")
        away["ends"] = _midnight(last + timedelta(days=1))
    return away


def _day(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(pointer, "Choose a day.") from None


def _wrong(pointer: str, detail: str) -> InvalidError:
    return InvalidError("invalid", detail, errors=[FieldError(pointer=pointer, detail=detail)])


def _midnight(on: date) -> str:
    return datetime.combine(on, time(), LONDON).isoformat()


def _as_form(kept: Preferences) -> dict[str, Any]:
    """Return what is kept as the form shows it."""
    said = shown(kept)
    if not kept.version:
        said["called"] = _own_name()
    hours = said.pop("hours") or {"days": list(schemas.DAYS)}
    if hours.get("begins") == hours.get("ends"):
        hours = {"days": hours["days"]}
    away = kept.cover is not None
    last = kept.away_until.astimezone(LONDON) - timedelta(minutes=1) if kept.away_until else None
    return {
        **said,
        **hours,
        "cover": kept.cover,
        "away_from": kept.away_from.astimezone(LONDON).date().isoformat()
        if away and kept.away_from
        else "",
        "away_until": last.date().isoformat() if away and last else "",
    }


def _own_name() -> str:
    """Return the worker's name as they signed in with it: a proposal, kept once they save it."""
    caller = current_caller()
    label = caller.session.label if caller and caller.session else None
    return (label or "").partition(", ")[0]


def _settings(said: Mapping[str, Any], errors: tuple[FieldError, ...] | list[FieldError]) -> str:
    """Draw the page, with what was *said* in a form that was refused because of *errors*."""
    uow = current_uow()
    kept = preferences.chosen(uow)
    return render_template(
        "notification/settings.html",
        said=said or _as_form(kept),
        version=kept.version,
        urgencies=list(Urgency),
        days=schemas.DAYS,
        languages=LANGUAGES,
        colleagues=[one for one in preferences.colleagues(uow) if one.principal != kept.principal],
        mail_is_set_up=current_running().settings.smtp_url is not None,
        texts_are_set_up=current_running().settings.sms_url is not None,
        calendar=address(),
        errors=errors,
    )
