"""The pages of case files: begin one, come back to it, see what changed, take it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from marshmallow import ValidationError, fields

from onward.errors import ConflictError, FieldError, InvalidError, NotFoundError
from onward.web import allow, current_uow, transactional
from onward.web.blueprints import invalid
from onward.web.schemas import Schema, Text
from services.audit.handlers import case_files
from services.audit.storage.entries import Filters
from services.audit.web.blueprint import SEARCHERS
from services.audit.web.cases_api import NOTE, TITLE, NewNote, case_file, keeper
from services.audit.web.pages import ACTIONS, WantedEntries, WantedTrail, filters_asked

case_pages = Blueprint("audit_case_pages", __name__, template_folder="templates")


class BegunOnPage(Schema):
    """What the form begins a case file with."""

    title = Text(
        TITLE, required=True, error_messages={"required": "Give it a name to find it by."}
    )
    referral = fields.UUID(
        error_messages={"invalid_uuid": "Enter the referral's id, all 36 signs."}
    )


@case_pages.get("/audit/cases")
@allow(*SEARCHERS)
@transactional
def cases() -> str:
    """Show the case files there are, and begin one."""
    return _list()


@case_pages.post("/audit/cases")
@allow(*SEARCHERS)
@transactional
def begin() -> Any:
    """Begin a case file, from a search where the form names one."""
    given = _given()
    try:
        body = _loaded(
            BegunOnPage(), {key: given[key] for key in ("title", "referral") if key in given}
        )
        case = case_files.begin(
            current_uow(),
            keeper(),
            title=body["title"],
            search=_search(given),
            referrals=[body["referral"]] if "referral" in body else [],
        )
    except InvalidError as refusal:
        return _list(refusal.errors or _beside("title", refusal.detail)), 422
    except NotFoundError:
        return _list(_beside("referral", "The log knows no such referral.")), 404
    except ConflictError as refusal:
        return _list(_beside("title", refusal.detail)), 409
    return redirect(f"/audit/cases/{case.id}", 303)


@case_pages.get("/audit/cases/<uuid:case_id>")
@allow(*SEARCHERS)
@transactional
def opened(case_id: UUID) -> str:
    """Open one: what is in it, and what changed since somebody took note."""
    return _page(case_id)


@case_pages.post("/audit/cases/<uuid:case_id>/referrals")
@allow(*SEARCHERS)
@transactional
def put_in(case_id: UUID) -> Any:
    """Put a referral into it."""
    try:
        body = _loaded(WantedTrail(), {"referral": _given().get("referral", "")})
        case_files.put_in(current_uow(), keeper(), case_id, body["referral"])
    except InvalidError as refusal:
        return _page(case_id, refusal.errors or _beside("referral", refusal.detail)), 422
    except NotFoundError:
        return _page(case_id, _beside("referral", "The log knows no such referral.")), 404
    return redirect(f"/audit/cases/{case_id}", 303)


@case_pages.post("/audit/cases/<uuid:case_id>/notes")
@allow(*SEARCHERS)
@transactional
def write(case_id: UUID) -> Any:
    """Write a note into it."""
    try:
        body = _loaded(NewNote(), {"text": request.form.get("text", "")})
        case_files.write(current_uow(), keeper(), case_id, body["text"])
    except InvalidError as refusal:
        return _page(case_id, refusal.errors or _beside("text", refusal.detail)), 422
    return redirect(f"/audit/cases/{case_id}#notes", 303)


@case_pages.post("/audit/cases/<uuid:case_id>/checkpoint")
@allow(*SEARCHERS)
@transactional
def take_note(case_id: UUID) -> Any:
    """Take note of how the log stands."""
    case_files.take_note(current_uow(), keeper(), case_id)
    flash("What was new so far is new no more.", "success")
    return redirect(f"/audit/cases/{case_id}", 303)


@case_pages.post("/audit/cases/<uuid:case_id>/file")
@allow(*SEARCHERS)
@transactional
def take_away(case_id: UUID) -> Response:
    """Hand all of it out as one file."""
    return case_file(case_id)


@case_pages.post("/audit/cases/<uuid:case_id>/drop")
@allow(*SEARCHERS)
@transactional
def drop(case_id: UUID) -> Any:
    """Throw it away."""
    case_files.drop(current_uow(), keeper(), case_id)
    flash(
        "The case file is thrown away. The log keeps that there was one, not what was in it.",
        "success",
    )
    return redirect("/audit/cases", 303)


def _list(errors: tuple[FieldError, ...] = ()) -> str:
    return render_template(
        "audit/cases.html",
        cases=case_files.list_cases(current_uow(), keeper()),
        errors=errors,
        said=request.form,
        longest=TITLE,
    )


def _page(case_id: UUID, errors: tuple[FieldError, ...] = ()) -> str:
    uow = current_uow()
    found = case_files.open_case(uow, keeper(), case_id)
    return render_template(
        "audit/case.html",
        opened=found,
        case=found.case,
        names=dict(uow.store.partners.organisations()),
        actions=dict(ACTIONS),
        errors=errors,
        said=request.form,
        longest=NOTE,
    )


def _search(given: Mapping[str, str]) -> Filters | None:
    """Return the search that a form carries along, under the names that the search page gives it."""
    names = ("organisation", "principal", "action", "from", "to")
    asked = {
        name: given[f"search.{name}"] for name in (*names, "referral") if f"search.{name}" in given
    }
    return filters_asked(_loaded(WantedEntries(), asked)) if asked else None


def _given() -> dict[str, str]:
    return {name: value.strip() for name, value in request.form.items() if value.strip()}


def _loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise invalid(error) from None
    return loaded


def _beside(field: str, detail: str) -> tuple[FieldError, ...]:
    return (FieldError(pointer=f"/{field}", detail=detail),)
