"""Pages of embedded workers: who sits in whose team, letting somebody sit there, ending that."""

from collections.abc import Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request
from marshmallow import ValidationError, fields

from onward.errors import FieldError, InvalidError, MalformedError, Refused
from onward.identity import Role
from onward.web import allow, current_actor, transactional
from onward.web.problems import problem_for
from onward.web.schemas import Schema
from onward.web.validation import invalid
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.checks import invalid as invalid_day
from services.directory.domain.days import begins, day_of, is_over
from services.directory.domain.organisations import Organisation
from services.directory.handlers import placements as use_cases
from services.directory.web.editing.drawing import draw
from services.directory.web.editing.inputs import Input, Texts
from services.directory.web.editing.reading import Known, read
from services.directory.web.reach import this_uow

sitting = flask.Blueprint("directory_sitting", __name__, template_folder="templates")
LEADERS: Final = (Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
"""Roles that see who sits in whose team, and decide on it for their own organisation."""
MOST_SHOWN: Final = 200
NEW: Final = "/directory/organisations/<uuid:organisation_id>/placements/new"
END: Final = "/directory/organisations/<uuid:organisation_id>/placements/<uuid:placement_id>/end"
INPUTS: Final = (
    Input(
        pointer="/username",
        label="Username",
        hint="What the worker signs in with: ask them",
        required=True,
    ),
    Input(
        pointer="/begins_on",
        label="First day",
        hint="Such as 2026-12-01. Empty: from now on",
        width=10,
    ),
    Input(
        pointer="/ends_on",
        label="Last day",
        hint="Empty: until somebody ends it",
        width=10,
    ),
)
_POINTERS: Final = {"/starts_at": "/begins_on", "/ends_at": "/ends_on", "/host": ""}


class Days(Schema):
    """From which day to which, both included."""

    begins_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)


_days: Final = Days()


def told_of_placements(organisation: Organisation) -> dict[str, Any]:
    """Return what an organisation's page tells of embedded workers: nothing to those who do not lead it."""
    if not _leads(organisation.id):
        return {"leads": False}
    store, now = this_uow().store, this_uow().now
    sat = store.placements.of_organisation(organisation.id, since=now, limit=MOST_SHOWN)
    parties = {id_ for one in sat for id_ in (one.placement.employer, one.placement.host)}
    return {
        "leads": True,
        "here": [one for one in sat if one.placement.host == organisation.id],
        "elsewhere": [one for one in sat if one.placement.employer == organisation.id],
        "teams": store.organisations.named(parties),
    }


@sitting.get(NEW)
@allow(*LEADERS)
@transactional
def blank(organisation_id: UUID) -> str:
    """Show the form with which an organisation lets another's worker sit in its team."""
    require_may_edit(current_actor(), frozenset({organisation_id}))
    return _form(organisation_id, {})


@sitting.post(NEW)
@allow(*LEADERS)
@transactional
def place(organisation_id: UUID) -> Response | tuple[str, int]:
    """Let the worker sit there, or show the form again with what is wrong."""
    texts = {name: request.form.getlist(name) for name in request.form if name.startswith("/")}
    try:
        require_may_edit(current_actor(), frozenset({organisation_id}))
        worker_id, first, last = _said(texts)
        use_cases.place_worker(
            this_uow(),
            worker_id,
            host=organisation_id,
            starts_at=_start(first),
            ends_at=is_over(last) if last else None,
        )
    except Refused as refusal:
        return _form(organisation_id, texts, _at_inputs(refusal)), problem_for(refusal).status
    flask.flash("They work with this team's referrals while the placement holds.", "success")
    return _to(organisation_id)


@sitting.post(END)
@allow(*LEADERS)
@transactional
def end(organisation_id: UUID, placement_id: UUID) -> Response:
    """End a placement at once; employer and host both may."""
    version, worker = request.form.get("version", ""), request.form.get("worker", "")
    try:
        worker_id = UUID(worker)
    except ValueError:
        worker_id = None
    if worker_id is None or not version.isdecimal():
        raise MalformedError("version-malformed", "Open the page again: it has lost its version.")
    use_cases.end_placement(this_uow(), worker_id, placement_id, int(version), ends_at=None)
    flask.flash("The placement has ended.", "success")
    return _to(organisation_id)


def _leads(organisation_id: UUID) -> bool:
    actor = current_actor()
    own = actor.role is Role.OPERATOR or actor.organisation == organisation_id
    return actor.role in LEADERS and own


def _said(texts: Texts) -> tuple[UUID, date | None, date | None]:
    """Return whom a form names, and the days. Raises `InvalidError`."""
    found = read(INPUTS, texts, Known(named=lambda _kind, _name: (), ids=()))
    if found.errors:
        raise InvalidError("invalid", "Change what is marked.", errors=found.errors)
    said = {pointer.lstrip("/"): value for pointer, value in found.values.items()}
    known = this_uow().store.accounts.worker_named(said.pop("username"))
    if known is None or not known[1].active:
        detail = "Nobody who can sign in has this username: ask the worker for it."
        raise InvalidError(
            "invalid", detail, errors=[FieldError(pointer="/username", detail=detail)]
        )
    try:
        days = _days.load(said)
    except ValidationError as error:
        raise invalid(error) from None
    return known[1].id, days["begins_on"], days["ends_on"]


def _start(first: date | None) -> datetime | None:
    """Return when a day to come begins; None, for at once, of today or none. Raises `InvalidError`."""
    today = day_of(this_uow().now)
    if first and first < today:
        raise invalid_day("/begins_on", "It begins today at the earliest: leave this empty.")
    return begins(first) if first and first > today else None


def _at_inputs(refusal: Refused) -> Sequence[FieldError]:
    """Return what is wrong, at the inputs of the form."""
    if not refusal.errors:
        return [FieldError(pointer="", detail=refusal.detail)]
    return [
        FieldError(pointer=_POINTERS.get(one.pointer, one.pointer), detail=one.detail)
        for one in refusal.errors
    ]


def _form(organisation_id: UUID, texts: Texts, errors: Sequence[FieldError] = ()) -> str:
    return flask.render_template(
        "directory/new_placement.html",
        organisation=this_uow().store.organisations.get(organisation_id),
        inputs=draw(INPUTS, texts, errors),
        errors=errors,
        ids={one.pointer: one.name for one in INPUTS},
    )


def _to(organisation_id: UUID) -> Response:
    path = f"/directory/organisations/{organisation_id}"
    return cast("Response", flask.redirect(path, HTTPStatus.SEE_OTHER))
