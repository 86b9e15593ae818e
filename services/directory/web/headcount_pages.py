"""The page on which a drop-in counts its people: how many came on a day, and on the days before."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request
from marshmallow import ValidationError

from onward.errors import InvalidError
from onward.identity import Role
from onward.plurals import counted
from onward.web import allow, current_actor, transactional
from onward.web.problems import problem_for
from onward.web.validation import invalid
from services.directory.domain.days import day_of
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service
from services.directory.handlers import counting
from services.directory.web.editing.drawing import draw
from services.directory.web.editing.inputs import Input, Texts
from services.directory.web.editing.reading import Known, read
from services.directory.web.editing.shared_inputs import number
from services.directory.web.measures import HeadcountBody
from services.directory.web.reach import is_provider, this_uow

heads = flask.Blueprint("directory_heads", __name__, template_folder="templates")
AT: Final = "/directory/services/<uuid:service_id>/headcounts"
COUNTERS: Final = (Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR)
"""Roles that count the people who come to their own organisation's drop-ins."""
SHOWN: Final = 31
"""Days before that are shown."""
INPUTS: Final = (
    Input(pointer="/on", label="Day", hint="Such as 2027-04-07", required=True, width=10),
    number("/people", "How many people came", "Visits, counted by head"),
)
_BODY: Final = HeadcountBody()


def may_count(service: Service) -> bool:
    """Tell whether the caller may count the people who come to *service*."""
    counts = service.capacity_kind is CapacityKind.DROP_IN and is_provider(service)
    return counts and current_actor().role in COUNTERS


@heads.get(AT)
@allow(*COUNTERS)
@transactional
def begin(service_id: UUID) -> str:
    """Ask how many came today, and show the days before."""
    service = this_uow().store.services.get(service_id)
    counting.require_counts_heads(current_actor(), service)
    return _page(service, {"/on": [str(day_of(this_uow().now))]})


@heads.post(AT)
@allow(*COUNTERS)
@transactional
def count(service_id: UUID) -> Response | tuple[str, int]:
    """Write how many came on a day, or show the form again with what is wrong."""
    service, texts = this_uow().store.services.get(service_id), _sent()
    counting.require_counts_heads(current_actor(), service)
    try:
        said = _said(texts)
        counting.count_people(this_uow(), service_id, said["on"], said["people"])
    except InvalidError as refusal:
        return _page(service, texts, refusal), problem_for(refusal).status
    came = counted(said["people"], "person", "people")
    flask.flash(f"Saved: {came} on {said['on'].day} {said['on']:%B %Y}.", "success")
    return cast("Response", flask.redirect(request.path, HTTPStatus.SEE_OTHER))


def _said(texts: Texts) -> dict[str, Any]:
    found = read(INPUTS, texts, Known(named=lambda _kind, _name: (), ids=()))
    if found.errors:
        raise InvalidError("invalid", "Change what is marked.", errors=found.errors)
    try:
        said: dict[str, Any] = _BODY.load({at.lstrip("/"): v for at, v in found.values.items()})
    except ValidationError as error:
        raise invalid(error) from None
    return said


def _sent() -> Texts:
    return {one.pointer: request.form.getlist(one.pointer) for one in INPUTS}


def _page(service: Service, texts: Texts, refusal: InvalidError | None = None) -> str:
    errors: Sequence[Any] = refusal.errors if refusal else ()
    return flask.render_template(
        "directory/headcounts.html",
        service=service,
        inputs=draw(INPUTS, texts, errors),
        errors=errors,
        ids={one.pointer: one.name for one in INPUTS},
        counted=this_uow().store.histories.counted(service.id, most=SHOWN),
    )
