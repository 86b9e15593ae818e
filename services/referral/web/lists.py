"""Refer a list of people: at once over the API, or on pages that show how far it is, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import flask
from flask import redirect, render_template, request
from flask.views import MethodView
from marshmallow import fields

from onward.errors import InvalidError, NotFoundError
from onward.ids import new_id
from onward.web import Blueprint, allow, current_actor, transactional
from onward.web.schemas import Schema, Text, Truth
from services.referral.domain.handoff import Intent
from services.referral.domain.lists import HandedIn, Result
from services.referral.domain.routing import REFUSALS
from services.referral.handlers.listing import Line, refer_list, without_twice
from services.referral.handlers.submitting import require_known
from services.referral.web.list_reading import CONTACT, MOST, NEEDED, OTHER, PERSON, read_lines
from services.referral.web.request import (
    HANDS,
    own_organisation,
    tell_refused,
    this_uow,
    this_vault,
)
from services.referral.web.workers import WORKERS

lists = Blueprint(
    "lists", __name__, url_prefix="/api/v1/referrals", description="Many people at once."
)
list_pages = flask.Blueprint("list_pages", __name__, template_folder="templates")

LARGEST: Final = 200_000
"""Characters of a list."""


class ListBody(Schema):
    """A list of people for one service."""

    service_id = fields.UUID(required=True)
    intent = fields.Enum(Intent, by_value=True, load_default=Intent.REFERRAL)
    csv = Text(
        LARGEST,
        required=True,
        multiline=True,
        metadata={
            "description": "A heading and 1 to 100 lines; several values in a cell with semicolons.",
            "example": "given_name,family_name,basis\nSamuel,Marsh,direct-care",
        },
    )
    check_only = Truth(load_default=False, metadata={"description": "Send nothing yet."})


class LineErrorSchema(Schema):
    """One thing to change in a line."""

    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class LineSchema(Schema):
    """What came of one line."""

    line = fields.Integer(required=True, metadata={"description": "The heading is 1."})
    referral_id = fields.UUID(allow_none=True)
    code = fields.String(allow_none=True, metadata={"description": "Why it was not sent."})
    detail = fields.String(allow_none=True)
    errors = fields.List(fields.Nested(LineErrorSchema), required=True)


class ReportSchema(Schema):
    """What came of the list."""

    sent = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)


@lists.route("/lists")
class Lists(MethodView):
    """Whole lists."""

    @allow(*HANDS)
    @transactional
    @lists.arguments(ListBody)
    @lists.response(200, ReportSchema)
    def post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Refer everybody on a list to one service. Good lines are sent, others reported with what to change.

        Send `check_only` first to see the same report without anything being sent.
        """
        return _report(_refer(**body))


@list_pages.get("/refer/list")
@allow(*WORKERS)
@transactional
def choose() -> Any:
    """Show the form for a list."""
    return _form(request.args.get("service", ""))


@list_pages.post("/refer/list")
@allow(*WORKERS)
@transactional
def take_list() -> Any:
    """Check a list and report, or take it in to be sent and show how far it is."""
    service = request.form.get("service_id", "")
    try:
        text = _typed()
        if request.form.get("send") == "yes":
            return redirect(f"/refer/lists/{_hand_in(UUID(service), text)}", 303)
        results = _refer(UUID(service), Intent.REFERRAL, text, check_only=True)
    except InvalidError as refusal:
        return _form(service, refusal.detail), 422
    except ValueError:
        raise NotFoundError("service") from None
    good = sum(result.is_good for result in results)
    return render_template(
        "referral/list_check.html",
        service=_service(service),
        results=results,
        good=good,
        text=text,
    )


@list_pages.get("/refer/lists/<uuid:list_id>")
@allow(*WORKERS)
@transactional
def watch(list_id: UUID) -> str:
    """Show how far a list is, and its report as far as there is one."""
    store = this_uow().store
    found = store.lists.find(list_id, own_organisation())
    if found is None:
        raise NotFoundError("list")
    results = store.lists.results(list_id)
    return render_template(
        "referral/list_report.html",
        found=found,
        service=_service(str(found.service_id)),
        results=results,
        good=sum(result.is_good for result in results),
    )


def _hand_in(service_id: UUID, text: str) -> UUID:
    """Take a list in, as a whole: what is wrong with a line is said in its report. Raises `InvalidError`."""
    uow, actor = this_uow(), current_actor()
    require_known(uow, service_id)
    one = HandedIn(
        id=new_id(),
        principal=actor.principal,
        employer=actor.organisation or own_organisation(),
        organisation=own_organisation(),
        role=actor.role,
        service_id=service_id,
        total=len(_lines(service_id, Intent.REFERRAL, text)),
        created_at=uow.now,
    )
    uow.store.lists.add(this_vault(), one, text)
    return one.id


def _refer(service_id: UUID, intent: Intent, csv: str, *, check_only: bool) -> list[Result]:
    """Refer, and tell audit once of every rule of routing that said no. Raises `InvalidError`."""
    require_known(this_uow(), service_id)
    lines = _lines(service_id, intent, csv)
    results = refer_list(this_uow(), this_vault(), lines, check_only=check_only)
    for code in sorted({result.code for result in results if result.code in REFUSALS}):
        tell_refused(str(code))
    return results


def _lines(service_id: UUID, intent: Intent, csv: str) -> list[Line]:
    own = own_organisation()
    read = read_lines(csv, service_id=service_id, intent=intent, organisation=own)
    return list(without_twice(read))


def _report(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "sent": sum(result.referral_id is not None for result in results),
        "refused": sum(not result.is_good for result in results),
        "lines": [
            {
                "line": result.number,
                "referral_id": result.referral_id,
                "code": result.code,
                "detail": result.detail,
                "errors": [asdict(error) for error in result.errors],
            }
            for result in results
        ],
    }


def _typed() -> str:
    """Return the list that was uploaded, or the one a report carried along."""
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        return request.form.get("csv", "")
    try:
        return str(uploaded.read(LARGEST * 4), "utf-8")
    except UnicodeDecodeError:
        raise InvalidError(
            "list-unreadable", "Save the list as CSV in UTF-8, then upload it again."
        ) from None


def _form(service: str, mistake: str | None = None) -> Any:
    return render_template(
        "referral/list_form.html",
        service=_service(service),
        mistake=mistake,
        columns=[*PERSON, *CONTACT, *OTHER],
        needed=NEEDED,
        most=MOST,
    )


def _service(service_id: str) -> Any:
    try:
        found = this_uow().store.copies.service(UUID(service_id))
    except ValueError:
        found = None
    if found is None:
        raise NotFoundError("service")
    return found
