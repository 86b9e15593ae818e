"""Schemas of agreements, places, accounts and systems: what may be sent, and what is answered."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from onward.identity import Role
from onward.web import PageQuery
from onward.web.schemas import Code, Many, Schema, Text, Truth, UtcDateTime, Whole
from services.directory.domain.accounts import WORKERS
from services.directory.domain.places import Opening

SEATS: Final = 1000
"""People at once on one place, at most: a caseload, a course."""


class AgreementQuery(PageQuery):
    """Which agreements to list."""

    party = fields.UUID(metadata={"description": "Only agreements from or to it."})
    on = fields.Date(metadata={"description": "Only agreements that hold on this day."})


class AgreementBody(Schema):
    """A sharing agreement, as it is sent."""

    from_organisation = fields.UUID(required=True)
    to_organisation = fields.UUID(required=True)
    purposes = Many(Code(), fewest=1, most=20, required=True)
    sections = Many(Code(), fewest=1, most=40, required=True)
    lawful_basis = Code(required=True, metadata={"example": "direct-care"})
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(allow_none=True, load_default=None)


class AgreementSchema(AgreementBody):
    """A sharing agreement, as it is listed."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)


class AgreementEnd(Schema):
    """When an agreement ends."""

    last_day = fields.Date(
        allow_none=True,
        load_default=None,
        metadata={"description": "Last day it holds; without one it ends at once."},
    )


class RoomSchema(Schema):
    """How much room a service has: numbers of seats only."""

    places = fields.Integer()
    available = fields.Integer()
    held = fields.Integer()
    occupied = fields.Integer()
    pipeline = fields.Integer()
    closed = fields.Integer()
    waiting = fields.Integer()


class SeatedSchema(Schema):
    """Who has a seat."""

    seat = fields.Integer()
    handoff_id = fields.UUID()
    held_until = UtcDateTime(allow_none=True)
    taken_at = UtcDateTime(allow_none=True)
    stay_ends = UtcDateTime(
        allow_none=True,
        metadata={"description": "Longest stay, or last day of the course; null without one."},
    )
    overstayed = fields.Boolean()


class PlaceSchema(Schema):
    """One place. Who has its seats is told to its providers only, by the handoffs' ids."""

    id = fields.UUID()
    number = fields.Integer()
    label = fields.String()
    state = fields.String(metadata={"example": "occupied"})
    seats = fields.Integer(metadata={"description": "People who can have it at once."})
    free = fields.Integer(metadata={"description": "Seats that are given out and nobody has."})
    opens_on = fields.Date(allow_none=True)
    enrols_until = fields.Date(allow_none=True)
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)
    handoff_id = fields.UUID(allow_none=True, metadata={"description": "Of the first seat."})
    held_until = UtcDateTime(allow_none=True)
    taken_at = UtcDateTime(allow_none=True)
    seated = fields.List(fields.Nested(SeatedSchema))


class PlacesSchema(Schema):
    """The places of one service."""

    service_id = fields.UUID()
    room = fields.Nested(RoomSchema)
    places = fields.List(fields.Nested(PlaceSchema))


class PlacesQuery(Schema):
    """Whose places to show."""

    service = fields.UUID(required=True)


class PlaceBody(Schema):
    """A new place."""

    service_id = fields.UUID(required=True)
    label = Text(
        60,
        required=True,
        metadata={"example": "Flat 2", "description": "No address; the course's own name."},
    )
    state = fields.Enum(Opening, by_value=True, load_default=Opening.AVAILABLE)
    seats = Whole(
        1,
        SEATS,
        allow_none=True,
        metadata={"description": "People at once; as the service's entry says if left out."},
    )
    opens_on = fields.Date(
        allow_none=True,
        metadata={"description": "Day from which it counts, of what is in the pipeline."},
    )
    enrols_until = fields.Date(allow_none=True)
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)


class PlacePatch(Schema):
    """What becomes of a place; what is left out stays as it is."""

    state = fields.Enum(Opening, by_value=True)
    label = Text(60)
    seats = Whole(1, SEATS)
    opens_on = fields.Date(allow_none=True)
    enrols_until = fields.Date(allow_none=True)
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)

    @validates_schema
    def _says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Say what becomes of the place: state, seats or a day.")


class PlaceChangeSchema(Schema):
    """How a place stood from a moment on."""

    at = UtcDateTime()
    state = fields.String(attribute="opening")
    seats = fields.Integer()


class ClaimSchema(Schema):
    """What one handoff had on a place."""

    handoff_id = fields.UUID()
    referral_id = fields.UUID()
    attempt = fields.Integer()
    seat = fields.Integer()
    state = fields.String()
    held_at = UtcDateTime(allow_none=True)
    held_until = UtcDateTime(allow_none=True)
    taken_at = UtcDateTime(allow_none=True)
    ended_at = UtcDateTime(allow_none=True)
    end_reason = fields.String(allow_none=True)


class ReasonSchema(Schema):
    """One rule that puts somebody where they stand."""

    code = fields.String()
    ahead = fields.Integer()
    sentence = fields.String()


class StandingSchema(Schema):
    """Where one handoff stands among those who wait."""

    position = fields.Integer()
    handoff_id = fields.UUID(attribute="claim.handoff_id")
    urgency = fields.String(attribute="claim.urgency")
    requested_at = UtcDateTime(attribute="claim.requested_at")
    waiting_since = UtcDateTime(attribute="claim.waiting_since")
    reasons = fields.List(fields.Nested(ReasonSchema))


class WorkerQuery(PageQuery):
    """Whose accounts to list."""

    organisation = fields.UUID()


class RoleBody(Schema):
    """What somebody may do."""

    role = fields.Enum(
        Role,
        by_value=True,
        required=True,
        validate=validate.OneOf(sorted(WORKERS), error="Choose a role that a person can have."),
    )


class WorkerBody(RoleBody):
    """A new account."""

    organisation_id = fields.UUID(required=True)
    username = Text(64, required=True, metadata={"example": "p.nowak"})
    display_name = Text(100, required=True)


class WorkerSchema(Schema):
    """An account."""

    id = fields.UUID()
    organisation_id = fields.UUID()
    username = fields.String()
    display_name = fields.String()
    role = fields.String()
    active = fields.Boolean()
    version = fields.Integer()


class OpenedWorkerSchema(WorkerSchema):
    """A new account with its password."""

    password = fields.String(
        allow_none=True,
        metadata={"description": "Told this once; null when the request was sent again."},
    )


class PartnerBody(Schema):
    """A new system of a partner."""

    organisation_id = fields.UUID(required=True)
    name = Text(100, required=True, metadata={"example": "Ward record system"})
    live = Truth(
        load_default=False,
        metadata={"description": "Whether its keys are for real people's data."},
    )
    jwks = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(),
        allow_none=True,
        load_default=None,
        metadata={"description": "Its public keys, where it signs instead of keeping a secret."},
    )


class PartnerSchema(Schema):
    """A partner's system."""

    client_id = fields.String()
    organisation_id = fields.UUID()
    name = fields.String()
    method = fields.String(metadata={"example": "client_secret_basic"})
    active = fields.Boolean()


class RegisteredPartnerSchema(PartnerSchema):
    """A new system with its secret."""

    client_secret = fields.String(
        allow_none=True,
        metadata={"description": "Told this once; null with keys, or when sent again."},
    )
