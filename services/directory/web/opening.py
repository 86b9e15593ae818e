"""When a service is open, over the API: at a moment, next, and in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask.views import MethodView
from marshmallow import fields

from onward.web import Blueprint, allow, transactional
from onward.web.schemas import Schema, UtcDateTime
from services.directory.domain import opening as hours
from services.directory.domain.services import Service
from services.directory.web.reach import this_uow

opening = Blueprint(
    "opening", __name__, url_prefix="/api/v1/services", description="When a service is open."
)
LONDON = ZoneInfo("Europe/London")


class OpeningQuery(Schema):
    """For which moment to say it."""

    at = UtcDateTime(metadata={"description": "A moment with its offset; without one: now."})


class OpeningSchema(Schema):
    """How a service stands at a moment, and when it is open at all."""

    at = UtcDateTime()
    state = fields.String(metadata={"description": "open, closed or unknown."})
    until = UtcDateTime(
        allow_none=True,
        metadata={"description": "When it closes; null also where that is over a week off."},
    )
    next_opens = UtcDateTime(
        allow_none=True, metadata={"description": "When it opens next for certain."}
    )
    said = fields.String(metadata={"example": "Open now, until 5pm"})
    words = fields.List(fields.String())
    stated = fields.Boolean(metadata={"description": "False where nobody says when it is open."})
    time_zone = fields.String(metadata={"example": "Europe/London"})


@opening.route("/<uuid:service_id>/opening")
class ServiceOpening(MethodView):
    """When one service is open."""

    @allow()
    @transactional
    @opening.arguments(OpeningQuery, location="query")
    @opening.response(200, OpeningSchema)
    @opening.alt_response(404, description="There is no such service.")
    def get(self, query: Mapping[str, Any], service_id: UUID) -> dict[str, Any]:
        """Read whether a service is open, when it opens next, and its hours in words."""
        uow = this_uow()
        return stands(uow.store.services.get(service_id), query.get("at", uow.now))


def stands(service: Service, at: datetime) -> dict[str, Any]:
    """Return how *service* stands at *at* as `OpeningSchema` writes it."""
    document = None if service.opening is None else hours.read(service.opening)
    zone = document.zone if document else LONDON
    found = hours.now(document, service.nation, at)
    return {
        "at": at,
        "state": found.state,
        "until": found.until,
        "next_opens": found.next_opens,
        "said": hours.now_in_words(found, at, zone),
        "words": list(hours.in_words(document)),
        "stated": document is not None and document.is_stated,
        "time_zone": zone.key,
    }
