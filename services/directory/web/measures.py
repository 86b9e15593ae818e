"""What happened at a service over the API: measures, sessions, headcounts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.identity import Role
from onward.web import Blueprint, Page, PageQuery, allow, transactional
from onward.web.schemas import Schema, UtcDateTime, Whole
from services.directory.domain.claims import Claim
from services.directory.handlers import counting
from services.directory.web.reach import is_provider, note_read, require_provider, this_uow

measures = Blueprint(
    "measures",
    __name__,
    url_prefix="/api/v1/services",
    description="How full services were, who came, how long people waited.",
)
MOST_PEOPLE = 100_000


class PeriodQuery(Schema):
    """From which day to which, both included."""

    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="until")


class MeasuresSchema(Schema):
    """What was counted. Who does not work for the service sees nothing that fewer than 5 make up."""

    seat_days = fields.Float(
        metadata={"description": "Time that seats were there: of courses while they ran."}
    )
    occupied_days = fields.Float(allow_none=True)
    occupancy_percent = fields.Float(
        allow_none=True, metadata={"description": "occupied_days of seat_days."}
    )
    stays = fields.Integer(
        allow_none=True, metadata={"description": "People who had a seat for some of it."}
    )
    waits = fields.Integer(
        allow_none=True, metadata={"description": "People whose wait ended in the period."}
    )
    median_wait_days = fields.Float(
        allow_none=True,
        metadata={"description": "From the first request to the first held seat, or the start."},
    )
    attended = fields.Integer(allow_none=True, metadata={"description": "Visits counted by head."})
    too_few = fields.Boolean(
        metadata={"description": "Whether something is left out because fewer than 5 make it up."}
    )


class HeadcountBody(Schema):
    """How many came on a day."""

    on = fields.Date(required=True)
    people = Whole(0, MOST_PEOPLE, required=True)


class SessionsSchema(Schema):
    """How many sessions somebody has come to."""

    handoff_id = fields.UUID()
    since = UtcDateTime(attribute="taken_at")
    used = fields.Integer(attribute="sessions")
    of = fields.Integer(allow_none=True, metadata={"description": "Null without a ceiling."})
    left = fields.Integer(allow_none=True)


@measures.route("/<uuid:service_id>/measures")
class MeasuresOfService(MethodView):
    """How full a service was, and how long people waited."""

    @allow()
    @transactional
    @measures.arguments(PeriodQuery, location="query")
    @measures.response(200, MeasuresSchema)
    @measures.alt_response(422, description="The period is none, or longer than five years.")
    def get(self, query: Mapping[str, Any], service_id: UUID) -> Any:
        """Read occupancy, waiting time and attendance of a period."""
        service = this_uow().store.services.get(service_id)
        return counting.measure(this_uow(), service, **query, own=is_provider(service))


@measures.route("/<uuid:service_id>/headcounts")
class Headcounts(MethodView):
    """How many came to what takes whoever comes."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @measures.arguments(HeadcountBody)
    @measures.response(200, HeadcountBody)
    @measures.alt_response(403, description="Your organisation does not provide it.")
    @measures.alt_response(409, description="Who comes there has a handoff.")
    def post(self, body: Mapping[str, Any], service_id: UUID) -> Mapping[str, Any]:
        """Say how many people came on a day; a second count of a day replaces the first."""
        counting.count_people(this_uow(), service_id, body["on"], body["people"])
        return body


@measures.route("/<uuid:service_id>/sessions")
class Sessions(MethodView):
    """Sessions used and left."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @measures.arguments(PageQuery, location="query")
    @measures.response(200, SessionsSchema(many=True))
    @measures.alt_response(403, description="Your organisation does not provide it.")
    def get(self, query: Mapping[str, Any], service_id: UUID) -> Sequence[Mapping[str, Any]]:
        """List who is with the service, with the sessions they used and have left. Providers only."""
        service = this_uow().store.services.get(service_id)
        require_provider(service)
        page = Page.of(query)
        first = int(page.after[0]) if page.after else 0
        found = this_uow().store.histories.begun(service_id)[first : first + page.fetch]
        rows = [
            sessions_of(claim, service.limits.sessions_per_person) | {"position": number}
            for number, claim in enumerate(found, start=first + 1)
        ]
        shown = page.cut(rows, lambda row: [row["position"]])
        note_read("sessions", len(shown))
        return shown


def sessions_of(claim: Claim, ceiling: int | None) -> dict[str, Any]:
    """Return how many sessions somebody used and has left."""
    return {
        "handoff_id": claim.handoff_id,
        "taken_at": claim.taken_at,
        "sessions": claim.sessions,
        "of": ceiling,
        "left": None if ceiling is None else max(0, ceiling - claim.sessions),
    }
