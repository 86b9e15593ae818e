"""Find services for a person over the API: the best first, with what speaks for and against each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask.views import MethodView
from marshmallow import fields, validate

from onward.web import Blueprint, allow, current_actor, transactional
from onward.web.schemas import Many, Schema, Truth, UtcDateTime, Whole
from services.directory.domain.eligibility import read_facts
from services.directory.domain.eligibility.facts import MOST_FACTS
from services.directory.domain.facts import Need
from services.directory.domain.geography import Point
from services.directory.domain.matching import Search
from services.directory.handlers.matching import Matches, find_matches
from services.directory.web.eligibility import ASKS, QuestionSchema
from services.directory.web.entry_schemas import Degrees
from services.directory.web.reach import this_uow

matches = Blueprint(
    "matches", __name__, url_prefix="/api/v1/matches", description="Services for one person."
)
LONDON: Final = ZoneInfo("Europe/London")
"""An agreement's days begin and end at midnight there."""
MOST: Final = 50
USUAL: Final = 10


class WhereSchema(Schema):
    """A place, to measure the way from."""

    latitude = Degrees(90, required=True)
    longitude = Degrees(180, required=True)


class MatchesBody(Schema):
    """What is looked for; nothing that says for whom."""

    needs = Many(fields.Enum(Need, by_value=True), most=20, load_default=list)
    facts = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        validate=validate.Length(max=MOST_FACTS),
        metadata=ASKS,
    )
    place = fields.Nested(
        WhereSchema,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "From where distances are measured. Postcodes are not looked up."
        },
    )
    at = UtcDateTime(metadata={"description": "The moment it is about; without one: now."})
    open_then = Truth(
        load_default=False,
        metadata={"description": "Whether it matters that a service is open at that moment."},
    )
    with_ineligible = Truth(
        load_default=False,
        metadata={"description": "Tell also who does not take the person, and why."},
    )
    limit = Whole(1, MOST, load_default=USUAL)


class MatchReasonSchema(Schema):
    """One thing to know before choosing."""

    weight = fields.String(metadata={"description": "for, against, unknown or note."})
    code = fields.String(metadata={"example": "full"})
    says = fields.String(metadata={"example": "Every place is taken, 2 waiting"})


class RoomThereSchema(Schema):
    """How places given out one by one stand."""

    available = fields.Integer()
    open = fields.Integer()
    waiting = fields.Integer()


class MatchSchema(Schema):
    """One service in the answer."""

    service_id = fields.UUID(attribute="standing.offer.service_id")
    name = fields.String(attribute="standing.offer.name")
    capacity_kind = fields.String(attribute="standing.offer.kind")
    outcome = fields.String(
        attribute="standing.outcome",
        metadata={"description": "eligible, needs-assessment or ineligible: rules and area."},
    )
    helps_with = fields.Function(lambda match: sorted(match.standing.helps_with))
    distance_km = fields.Function(
        lambda match: _rounded(match.standing.distance_km),
        metadata={"description": "As the crow flies to its nearest site; null where not known."},
    )
    space = fields.String(
        attribute="standing.offer.space",
        metadata={"description": "now, ask (nobody counts it here) or queue (every place taken)."},
    )
    places = fields.Nested(RoomThereSchema, attribute="standing.offer.places", allow_none=True)
    wait_days = fields.Integer(
        allow_none=True,
        metadata={"description": "Days that half of the people waited at most, in the last year."},
    )
    state = fields.String(
        attribute="now.state", metadata={"description": "open, closed, unknown."}
    )
    until = UtcDateTime(attribute="now.until", allow_none=True)
    next_opens = UtcDateTime(attribute="now.next_opens", allow_none=True)
    reasons = fields.List(fields.Nested(MatchReasonSchema))
    missing = fields.List(fields.Nested(QuestionSchema), attribute="assessment.missing")
    declines = fields.List(fields.String())


class MatchesSchema(Schema):
    """The services that suit best, the foremost first."""

    matches = fields.List(fields.Nested(MatchSchema))
    considered = fields.Integer(metadata={"description": "How many services were looked at."})
    ineligible = fields.Integer(
        metadata={"description": "How many of them do not take the person."}
    )
    complete = fields.Boolean(
        metadata={
            "description": "False where there are more for the area, or for everybody, than are"
            " looked at."
        }
    )


@matches.route("")
class AllMatches(MethodView):
    """Services for one person."""

    @allow()
    @transactional
    @matches.arguments(MatchesBody)
    @matches.response(200, MatchesSchema)
    @matches.alt_response(422, description="A fact is of another kind than its rule asks for.")
    def post(self, body: Mapping[str, Any]) -> Matches:
        """Rank services for what is needed and what is known about somebody. Nothing is kept."""
        return find_matches(
            this_uow(),
            search_of(body, now=this_uow().now),
            limit=body["limit"],
            with_ineligible=body["with_ineligible"],
        )


def search_of(body: Mapping[str, Any], *, now: datetime) -> Search:
    """Return what *body* looks for on the caller's behalf."""
    return Search(
        needs=frozenset(need.value for need in body["needs"]),
        facts=read_facts(body["facts"]),
        place=Point(**body["place"]) if body["place"] else None,
        at=body.get("at", now),
        open_then=body["open_then"],
        sender=current_actor().organisation,
        on=now.astimezone(LONDON).date(),
    )


def _rounded(distance_km: float | None) -> float | None:
    return None if distance_km is None else round(distance_km, 1)
