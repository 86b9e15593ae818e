"""Pages of places: how one stands and stood, who had it; adding one, changing it, whom that would touch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

import flask
from flask import Response, request

from onward.errors import FieldError, NotFoundError, Refused
from onward.identity import Role
from onward.web import allow, current_actor, transactional
from onward.web.problems import problem_for
from services.directory.domain.accounts import require_may_edit
from services.directory.domain.claims import Claim
from services.directory.domain.days import day_of
from services.directory.domain.places import Place
from services.directory.domain.seats import Ledger
from services.directory.domain.services import Service
from services.directory.domain.stays import overstays, stay_ends
from services.directory.handlers import places as use_cases
from services.directory.web.drawing import drawn_one
from services.directory.web.editing.drawing import draw, texts_of
from services.directory.web.editing.inputs import Input, Texts
from services.directory.web.place_forms import body_of, changed_place, inputs_for, new_place
from services.directory.web.reach import is_provider, note_read, this_uow

placing = flask.Blueprint("directory_placing", __name__, template_folder="templates")
BUILDERS: Final = (Role.EDITOR, Role.TEAM_LEAD, Role.OPERATOR)
"""Roles that add and change places of their own organisation's services."""
MOST_STAYS: Final = 100
NEW: Final = "/directory/services/<uuid:service_id>/places/new"
AT: Final = "/directory/places/<uuid:place_id>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place, with the service and the ledger it is of."""

    place: Place
    service: Service
    ledger: Ledger


def may_build(service: Service) -> bool:
    """Tell whether the caller may add and change places of *service*."""
    try:
        require_may_edit(current_actor(), frozenset(service.keepers))
    except Refused:
        return False
    return current_actor().role in BUILDERS


@placing.get(AT)
@allow()
@transactional
def place(place_id: UUID) -> str:
    """Show a place; its providers see who had it, and its editors how to change it."""
    found = _found(place_id)
    return _page(found, texts_of(inputs_for(found.ledger.kind), body_of(found.place), {}))


@placing.post(AT)
@allow(*BUILDERS)
@transactional
def change(place_id: UUID) -> Response | tuple[str, int]:
    """Change a place, or show whom that would touch and what is wrong."""
    found, texts = _found(place_id), _sent()
    try:
        said = changed_place(inputs_for(found.ledger.kind), texts, found.place)
        if said:
            use_cases.change_place(this_uow(), place_id, **said)
    except Refused as refusal:
        return _page(found, texts, refusal), problem_for(refusal).status
    flask.flash("Saved." if said else "Nothing was changed: it says all of this already.")
    return _to(f"/directory/places/{place_id}")


@placing.get(NEW)
@allow(*BUILDERS)
@transactional
def blank(service_id: UUID) -> str:
    """Show the form of a new place."""
    service = this_uow().store.services.get(service_id)
    require_may_edit(current_actor(), frozenset(service.keepers))
    return _form(service, {})


@placing.post(NEW)
@allow(*BUILDERS)
@transactional
def add(service_id: UUID) -> Response | tuple[str, int]:
    """Add a place, or show the form again with what is wrong."""
    service, texts = this_uow().store.services.get(service_id), _sent()
    try:
        said = new_place(inputs_for(service.capacity_kind), texts)
        made = use_cases.add_place(this_uow(), service_id, **said)
    except Refused as refusal:
        return _form(service, texts, refusal), problem_for(refusal).status
    flask.flash(f"{made.label} is added.", "success")
    return _to(f"/directory/services/{service_id}")


def _found(place_id: UUID) -> Found:
    store = this_uow().store
    service_id = store.ledgers.service_of(place_id)
    if service_id is None:
        raise NotFoundError("place")
    ledger = store.ledgers.read({service_id})[service_id]
    service = store.services.get(service_id)
    return Found(place=ledger.place(place_id), service=service, ledger=ledger)


def _page(found: Found, texts: Texts, refusal: Refused | None = None) -> str:
    store, now = this_uow().store, this_uow().now
    told, limits = is_provider(found.service), found.service.limits
    history = store.ledgers.history(found.place.id)[: MOST_STAYS + 1] if told else []
    note_read("places", len(history))
    errors, affected = _told(refusal, found.ledger) if refusal else ([], [])
    return flask.render_template(
        "directory/place.html",
        place=found.place,
        service=found.service,
        shown=drawn_one(found.ledger, found.place, day_of(now), told=told),
        changes=reversed(store.histories.changes(found.place.id)),
        history=history[:MOST_STAYS],
        more=len(history) > MOST_STAYS,
        ends={one.key: stay_ends(one, found.place, limits) for one in history if one.is_open},
        over={
            one.key
            for one in history
            if overstays(one, found.place, limits, at=now) and one.is_open
        },
        told=told,
        answers=current_actor().organisation == found.service.recipient,
        may_build=may_build(found.service),
        affected=affected,
        **_drawn(inputs_for(found.ledger.kind), texts, errors),
    )


def _form(service: Service, texts: Texts, refusal: Refused | None = None) -> str:
    errors = _told(refusal, None)[0] if refusal else []
    inputs = inputs_for(service.capacity_kind)
    return flask.render_template(
        "directory/new_place.html", service=service, **_drawn(inputs, texts, errors)
    )


def _drawn(
    inputs: Sequence[Input], texts: Texts, errors: Sequence[FieldError]
) -> Mapping[str, Any]:
    return {
        "inputs": draw(inputs, texts, errors),
        "errors": errors,
        "ids": {one.pointer: one.name for one in inputs},
    }


def _told(refusal: Refused, ledger: Ledger | None) -> tuple[Sequence[FieldError], list[Claim]]:
    """Return what to tell of a *refusal*, and the claims of the people whom it protects."""
    errors = refusal.errors or [FieldError(pointer="", detail=refusal.detail)]
    affected = set(refusal.extra.get("affected", ()))
    claims = ledger.open.values() if ledger else ()
    return errors, [one for one in claims if str(one.handoff_id) in affected]


def _sent() -> Texts:
    return {name: request.form.getlist(name) for name in request.form if name.startswith("/")}


def _to(path: str) -> Response:
    return cast("Response", flask.redirect(path, HTTPStatus.SEE_OTHER))
