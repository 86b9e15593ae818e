"""Places over the API: numbers for everybody, who has them for the providers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.errors import ConflictError, NotFoundError
from onward.identity import Role
from onward.web import Blueprint, allow, transactional
from services.directory.domain.claims import Claim
from services.directory.domain.ledger import Ledger
from services.directory.domain.places import Place
from services.directory.handlers import places as use_cases
from services.directory.web.reach import is_provider, note_read, require_provider, this_uow
from services.directory.web.schemas import (
    ClaimSchema,
    PlaceBody,
    PlaceMove,
    PlaceSchema,
    PlacesQuery,
    PlacesSchema,
)

places = Blueprint("places", __name__, url_prefix="/api/v1/places", description="Beds and homes.")


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
        shown = [described(ledger, place, told=told) for place in ledger.places]
        note_read("places", sum("handoff_id" in place for place in shown))
        return {"service_id": service.id, "room": ledger.room, "places": shown}

    @allow(Role.EDITOR, Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @places.arguments(PlaceBody)
    @places.response(201, PlaceSchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    @places.alt_response(409, description="The service can have no such place.")
    def post(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Add a place; when it is available, whoever is next gets it at once."""
        uow, service_id = this_uow(), body["service_id"]
        place = use_cases.add_place(uow, service_id, label=body["label"], opening=body["state"])
        ledger = uow.store.ledgers.read({service_id})[service_id]
        location = {"Location": f"/api/v1/places/{place.id}"}
        return described(ledger, place, told=False), location


@places.route("/<uuid:place_id>")
class OnePlace(MethodView):
    """One place."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @places.response(200, PlaceWithHistorySchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    def get(self, place_id: UUID) -> dict[str, Any]:
        """Read a place with everybody who had or was offered it. Providers only."""
        store = this_uow().store
        service_id = store.ledgers.service_of(place_id)
        if service_id is None:
            raise NotFoundError("place")
        require_provider(store.services.get(service_id))
        ledger = store.ledgers.read({service_id})[service_id]
        history = store.ledgers.history(place_id)
        note_read("places", len(history))
        return {**described(ledger, ledger.place(place_id), told=True), "history": history}

    @allow(Role.EDITOR, Role.TEAM_LEAD, Role.OPERATOR)
    @transactional
    @places.arguments(PlaceMove)
    @places.response(200, PlaceSchema)
    @places.alt_response(403, description="Your organisation does not provide the service.")
    @places.alt_response(409, description="Somebody has the place: affected says which handoffs.")
    def patch(self, body: Mapping[str, Any], place_id: UUID) -> dict[str, Any]:
        """Open or close a place; an opened one goes to whoever is next at once."""
        ledger = use_cases.move_place(this_uow(), place_id, body["state"])
        return described(ledger, ledger.place(place_id), told=False)


def described(ledger: Ledger, place: Place, *, told: bool) -> dict[str, Any]:
    """Return what to show of *place*; who has it only where the caller may be *told*."""
    shown = {
        "id": place.id,
        "number": place.number,
        "label": place.label,
        "state": ledger.state_of(place),
    }
    claim: Claim | None = ledger.kept.get(place.id)
    if not told or claim is None:
        return shown
    return {
        **shown,
        "handoff_id": claim.handoff_id,
        "held_until": claim.held_until if claim.taken_at is None else None,
        "taken_at": claim.taken_at,
    }
