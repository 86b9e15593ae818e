"""Sandboxes over the API and as a page: which there are, letting time pass in them, closing them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import flask
from flask import request
from flask.views import MethodView
from marshmallow import fields
from werkzeug.wrappers import Response

from onward.errors import ConflictError, FieldError, InvalidError
from onward.identity import Role
from onward.plurals import counted
from onward.web import Blueprint, allow, transactional
from onward.web.problems import problem_for
from onward.web.schemas import Schema, UtcDateTime, Whole
from services.directory.domain.sandboxes import MOST_AT_ONCE, Sandbox
from services.directory.handlers import sandboxes as use_cases
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.web.reach import this_uow

AT: Final = "/directory/sandboxes"
KEEPERS: Final = (Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
MOST_SERVICES: Final = 50
sandboxes = Blueprint(
    "sandboxes",
    __name__,
    url_prefix="/api/v1/sandboxes",
    description="Where partners try their systems out, with a time of their own.",
)
playing = flask.Blueprint("directory_sandboxes", __name__, template_folder="templates")


class SandboxSchema(Schema):
    """A sandbox."""

    id = fields.UUID()
    owner = fields.UUID(metadata={"description": "The organisation that it was opened for."})
    organisations = fields.List(
        fields.UUID(), metadata={"description": "Those made up for it, the first refers."}
    )
    opened_at = UtcDateTime()
    hours_passed = fields.Integer(
        metadata={"description": "By how much what was to come has come nearer so far."}
    )


class PassingBody(Schema):
    """How much time is to pass."""

    hours = Whole(1, MOST_AT_ONCE, required=True, metadata={"example": 48})


@sandboxes.route("")
class Sandboxes(MethodView):
    """The caller's sandboxes."""

    @allow(Role.PARTNER_SYSTEM, *KEEPERS)
    @transactional
    @sandboxes.response(200, SandboxSchema(many=True))
    def get(self) -> Sequence[Sandbox]:
        """List the sandboxes of your organisation, the oldest first; from inside one, that one."""
        return use_cases.visible(this_uow())


@sandboxes.route("/<uuid:sandbox_id>")
class OneSandbox(MethodView):
    """One sandbox."""

    @allow(Role.PARTNER_SYSTEM, *KEEPERS)
    @transactional
    @sandboxes.response(204)
    @sandboxes.alt_response(404, description="There is none, or it is not yours.")
    def delete(self, sandbox_id: UUID) -> None:
        """Close it for good: its systems are shut out, and what was tried out in it goes."""
        use_cases.close_sandbox(this_uow(), sandbox_id)


@sandboxes.route("/<uuid:sandbox_id>/time")
class Time(MethodView):
    """The time in a sandbox."""

    @allow(Role.PARTNER_SYSTEM, *KEEPERS)
    @transactional
    @sandboxes.arguments(PassingBody)
    @sandboxes.response(200, SandboxSchema)
    @sandboxes.alt_response(404, description="There is none, or it is not yours.")
    @sandboxes.alt_response(409, description="Ten years have passed in it, or it was closed.")
    def post(self, body: Mapping[str, Any], sandbox_id: UUID) -> Sandbox:
        """Let time pass: what is due within so many hours in this sandbox comes due now."""
        return use_cases.let_time_pass(this_uow(), sandbox_id, body["hours"])


@playing.get(AT)
@allow(*KEEPERS)
@transactional
def overview() -> str:
    """Show the sandboxes of one's organisation."""
    return _shown()


@playing.post(f"{AT}/<uuid:sandbox_id>/time")
@allow(*KEEPERS)
@transactional
def let_time_pass(sandbox_id: UUID) -> Response | tuple[str, int]:
    """Let time pass in one of them."""
    said = request.form.get("hours", "").strip()
    try:
        hours = _hours(said)
        use_cases.let_time_pass(this_uow(), sandbox_id, hours)
    except (InvalidError, ConflictError) as refusal:
        errors = refusal.errors or [FieldError(pointer="", detail=refusal.detail)]
        return _shown(sandbox_id, said, errors), problem_for(refusal).status
    flask.flash(f"{counted(hours, 'hour')} passed there.", "success")
    return flask.redirect(AT, HTTPStatus.SEE_OTHER)


@playing.post(f"{AT}/<uuid:sandbox_id>/close")
@allow(*KEEPERS)
@transactional
def close(sandbox_id: UUID) -> Response | tuple[str, int]:
    """Close one of them, for whoever has said that they are sure."""
    if request.form.get("sure") != "yes":
        unsure = [FieldError(pointer="/sure", detail="Tick that you are sure.")]
        return _shown(sandbox_id, errors=unsure), HTTPStatus.UNPROCESSABLE_ENTITY
    use_cases.close_sandbox(this_uow(), sandbox_id)
    flask.flash("The sandbox is closed. What was tried out in it is being removed.", "success")
    return flask.redirect(AT, HTTPStatus.SEE_OTHER)


def _hours(said: str) -> int:
    hours = int(said) if said.isdecimal() and len(said) <= len(str(MOST_AT_ONCE)) else 0
    if not 1 <= hours <= MOST_AT_ONCE:
        wrong = FieldError(pointer="/hours", detail=f"Enter whole hours, 1 to {MOST_AT_ONCE}.")
        raise InvalidError("invalid", "Change what is marked.", errors=[wrong])
    return hours


def _shown(wrong: UUID | None = None, said: str = "", errors: Sequence[FieldError] = ()) -> str:
    store = this_uow().store
    found = use_cases.visible(this_uow())
    members = [id_ for one in found for id_ in (one.owner, *one.organisations)]
    offered = {
        one.id: store.services.part(Part(limit=MOST_SERVICES), Wanted(sandbox=one.id))
        for one in found
    }
    return flask.render_template(
        "directory/sandboxes.html",
        sandboxes=found,
        names=store.organisations.named(members),
        offered=offered,
        wrong=wrong,
        said=said,
        errors=list(errors),
    )
