"""Placements over the API: who sits in whose team."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.identity import Role
from onward.web import Blueprint, allow, etag, require_version, transactional
from onward.web.schemas import Schema, UtcDateTime
from services.directory.domain.placements import Placement
from services.directory.handlers import placements as use_cases
from services.directory.web.reach import this_uow

placements = Blueprint(
    "placements",
    __name__,
    url_prefix="/api/v1/workers/<uuid:worker_id>/placements",
    description="Workers who sit in another organisation's team.",
)


class PlacementBody(Schema):
    """In whose team a worker is to sit."""

    host = fields.UUID(required=True)
    starts_at = UtcDateTime(
        allow_none=True, load_default=None, metadata={"description": "At once without one."}
    )
    ends_at = UtcDateTime(
        allow_none=True,
        load_default=None,
        metadata={"description": "First moment at which it holds no more."},
    )


class PlacementSchema(Schema):
    """A placement."""

    id = fields.UUID()
    worker_id = fields.UUID()
    employer = fields.UUID()
    host = fields.UUID()
    starts_at = UtcDateTime()
    ends_at = UtcDateTime(allow_none=True)
    version = fields.Integer()


class PlacementEnd(Schema):
    """When a placement ends."""

    ends_at = UtcDateTime(
        allow_none=True, load_default=None, metadata={"description": "At once without one."}
    )


@placements.route("")
class PlacementsOfWorker(MethodView):
    """A worker's placements."""

    @allow(Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
    @transactional
    @placements.response(200, PlacementSchema(many=True))
    @placements.alt_response(404, description="No such worker, or none of yours.")
    def get(self, worker_id: UUID) -> Sequence[Placement]:
        """List a worker's placements, the latest first: all for the employer, a host's own for the host."""
        return use_cases.placements_of(this_uow(), worker_id)

    @allow(Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
    @transactional
    @placements.arguments(PlacementBody)
    @placements.response(201, PlacementSchema)
    @placements.alt_response(403, description="Only the host decides who sits in its team.")
    @placements.alt_response(409, description="The worker sits there already at that time.")
    def post(self, body: Mapping[str, Any], worker_id: UUID) -> Placement:
        """Let another organisation's worker sit in your team."""
        made = use_cases.place_worker(this_uow(), worker_id, **body)
        etag(made.version)
        return made


@placements.route("/<uuid:placement_id>/end")
class EndPlacement(MethodView):
    """The end of a placement."""

    @allow(Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
    @transactional
    @placements.arguments(PlacementEnd)
    @placements.response(200, PlacementSchema)
    @placements.alt_response(409, description="It is over already.")
    @placements.alt_response(412, description="Somebody changed it since you read it.")
    @placements.alt_response(428, description="Send If-Match.")
    def post(self, body: Mapping[str, Any], worker_id: UUID, placement_id: UUID) -> Placement:
        """Let a placement end, now or later; employer and host both may. Send If-Match."""
        ended = use_cases.end_placement(
            this_uow(), worker_id, placement_id, require_version(), ends_at=body["ends_at"]
        )
        etag(ended.version)
        return ended
