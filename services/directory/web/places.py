"""Places over the API: numbers for everybody, who has them for the providers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.errors import ConflictError, NotFoundError
from onward.identity import Role
from onward.web import Blueprint, Page, PageQuery, allow, transactional
from services.directory.domain.claims import Claim
from services.directory.domain.days import day_of
from services.directory.domain.measures import PlaceChange
from services.directory.domain.places import Place
from services.directory.domain.seats import Ledger
from services.directory.domain.services import Limits, Service
from services.directory.domain.stays import overstays, stay_ends
from services.directory.handlers import places as use_cases
from services.directory.web.reach import is_provider, note_read, require_provider, this_uow
from services.directory.web.schemas import (
    ClaimSchema,
    PlaceBody,
    PlaceChangeSchema,
    PlacePatch,
    PlaceSchema,
    PlacesQuery,
    PlacesSchema,
)

places = Blueprint(
    "places",
    __name__,
    url_prefix="/api/v1/places",
    description="Beds, homes, courses, caseloads.",
)


class PlaceWithHistorySchema(PlaceSchema):
    """A place with everybody who had or was offered it."""

    history = fields.List(fields.Nested(ClaimSchema))


@places.route("")
class Places(MethodView):
    """The places of a service."""

    @allow()
    @transactional
    @places.arguments(PlacesQuery, location="query")
    @places.response(200, PlacesSchema)
    @places.alt_response(409, description="The service does not give out places one by one.")
    def get(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Read how many places a service has, and how each stands; its providers see who has it."""
        service = this_uow().store.services.get(query["service"])
        ledger = this_uow().store.ledgers.read({service.id}).get(service.id)
        if ledger is None:
            raise ConflictError("no-ledger", "This service does not give out places one by one.")
        told = is_provider(service)
        now, limits = this_uow().now, service.limits if told else None
        shown = [described(ledger, place, at=now, limits=limits) for place in ledger.places]
        note_read("places", sum(len(place.get("seated", ())) for place in shown))
        return {"service_id": service.id, "room": ledger.room(day_of(now)), "places": shown}

    @allow(Role.EDITOR, Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @places.arguments(PlaceBody)
    @places.response(201, PlaceSchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    @places.alt_response(409, description="The service can have no such place.")
    def post(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Add a place; when it is available, whoever is next gets its seats at once."""
        uow, said = this_uow(), dict(body)
        service_id, opening = said.pop("service_id"), said.pop("state")
        place = use_cases.add_place(uow, service_id, opening=opening, **said)
        ledger = uow.store.ledgers.read({service_id})[service_id]
        location = {"Location": f"/api/v1/places/{place.id}"}
        return described(ledger, place, at=uow.now), location


@places.route("/<uuid:place_id>")
class OnePlace(MethodView):
    """One place."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @places.response(200, PlaceWithHistorySchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    def get(self, place_id: UUID) -> dict[str, Any]:
        """Read a place with everybody who had or was offered it. Providers only."""
        service, store = _require_own(place_id), this_uow().store
        ledger = store.ledgers.read({service.id})[service.id]
        history = store.ledgers.history(place_id)
        note_read("places", len(history))
        place = ledger.place(place_id)
        shown = described(ledger, place, at=this_uow().now, limits=service.limits)
        return {**shown, "history": history}

    @allow(Role.EDITOR, Role.TEAM_LEAD, Role.OPERATOR, Role.PARTNER_SYSTEM)
    @transactional
    @places.arguments(PlacePatch)
    @places.response(200, PlaceSchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    @places.alt_response(
        409, description="Somebody has a seat there: affected says which handoffs."
    )
    def patch(self, body: Mapping[str, Any], place_id: UUID) -> dict[str, Any]:
        """Open, close or resize a place; the seats that frees go to whoever is next at once."""
        said, uow = dict(body), this_uow()
        if set(said) == {"state"}:
            ledger = use_cases.move_place(uow, place_id, said["state"])
            return described(ledger, ledger.place(place_id), at=uow.now)
        if "state" in said:
            said["opening"] = said.pop("state")
        ledger, place = use_cases.change_place(uow, place_id, **said)
        return described(ledger, place, at=uow.now)


@places.route("/<uuid:place_id>/history")
class HistoryOfPlace(MethodView):
    """Who had a place."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @places.arguments(PageQuery, location="query")
    @places.response(200, ClaimSchema(many=True))
    @places.alt_response(403, description="Your organisation does not provide the service.")
    def get(self, query: Mapping[str, Any], place_id: UUID) -> Sequence[Claim]:
        """List who had or was offered the place, from when to when and how that ended. Providers only."""
        _require_own(place_id)
        page = Page.of(query)
        rows = this_uow().store.histories.stays(place_id, page.after, page.fetch)
        shown = page.cut(rows, lambda row: [row.held_at, row.handoff_id, row.attempt])
        note_read("places", len(shown))
        return shown


@places.route("/<uuid:place_id>/changes")
class ChangesOfPlace(MethodView):
    """How a place came to be as it is."""

    @allow()
    @transactional
    @places.response(200, PlaceChangeSchema(many=True))
    def get(self, place_id: UUID) -> Sequence[PlaceChange]:
        """List when the place was opened, resized and closed, the earliest first."""
        if this_uow().store.ledgers.service_of(place_id) is None:
            raise NotFoundError("place")
        return this_uow().store.histories.changes(place_id)


def described(
    ledger: Ledger, place: Place, *, at: datetime, limits: Limits | None = None
) -> dict[str, Any]:
    """Return what to show of *place*; who has it, and until when, where the service's *limits* are given."""
    on, seated = day_of(at), ledger.on_place(place.id)
    shown = {
        **asdict(place),
        "state": ledger.state_of(place, on),
        "free": place.seats - len(seated) if place.is_given_out(on) else 0,
    }
    if limits is None or not seated:
        return shown
    everybody = [_seated(claim, place, limits, at) for claim in seated]
    return {**shown, **everybody[0], "seated": everybody}


def _require_own(place_id: UUID) -> Service:
    """Return whose place it is. Raises `NotFoundError`, or `ForbiddenError` for who does not provide it."""
    store = this_uow().store
    service_id = store.ledgers.service_of(place_id)
    if service_id is None:
        raise NotFoundError("place")
    service = store.services.get(service_id)
    require_provider(service)
    return service


def _seated(claim: Claim, place: Place, limits: Limits, at: datetime) -> dict[str, Any]:
    return {
        "seat": claim.seat,
        "handoff_id": claim.handoff_id,
        "held_until": claim.held_until if claim.taken_at is None else None,
        "taken_at": claim.taken_at,
        "stay_ends": stay_ends(claim, place, limits),
        "overstayed": overstays(claim, place, limits, at=at),
    }
