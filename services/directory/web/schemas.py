"""Schemas of the directory's API: what may be sent, and what is answered."""

from typing import Final

from marshmallow import fields, validate

from onward.identity import Role
from onward.web import PageQuery
from onward.web.schemas import Code, Many, Schema, Text, Truth, UtcDateTime, Whole
from services.directory.domain.accounts import WORKERS
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind, Opening
from services.directory.domain.services import Nation, ServiceStatus

HOURS: Final = 24 * 90
"""Longest term, in hours."""
DAYS: Final = 366


class ListQuery(PageQuery):
    """Which entries to list."""

    q = Text(100, metadata={"description": "Part of the name, in any case of letters."})


class ServiceQuery(ListQuery):
    """Which services to list."""

    status = fields.Enum(ServiceStatus, by_value=True)
    provider = fields.UUID(metadata={"description": "Only services this organisation provides."})


class OrganisationBody(Schema):
    """An organisation's entry, as it is sent."""

    name = Text(200, required=True, metadata={"example": "Response"})
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    incorporated = Truth(load_default=True)
    ods_code = Text(9, allow_none=True, load_default=None, metadata={"example": "RNU"})
    charity_number = Text(14, allow_none=True, load_default=None, metadata={"example": "1089331"})
    mailbox = Text(254, allow_none=True, load_default=None)
    active = Truth(load_default=True)


class OrganisationSchema(OrganisationBody):
    """An organisation's entry, as it is listed."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)


class SiteSchema(Schema):
    """Where a service is found; never an address that must stay secret."""

    name = Text(200, required=True)
    locality = Text(100, required=True, metadata={"example": "Oxford"})


class LimitsSchema(Schema):
    """How much of the service one person can have."""

    maximum_stay_days = Whole(1, DAYS, allow_none=True, load_default=None)
    review_day = Whole(1, DAYS, allow_none=True, load_default=None)
    sessions_per_person = Whole(1, 1000, allow_none=True, load_default=None)


class TermsSchema(Schema):
    """How quickly each side answers."""

    acknowledge_hours = Whole(1, HOURS, load_default=24)
    answer_hours = Whole(1, HOURS, load_default=72)
    offer_hours = Whole(1, HOURS, load_default=48)
    expire_days = Whole(1, DAYS, load_default=14)


class ServiceBody(Schema):
    """A service's entry, as it is sent."""

    name = Text(200, required=True, metadata={"example": "Stepdown House"})
    summary = Text(1000, multiline=True, required=True)
    status = fields.Enum(ServiceStatus, by_value=True, required=True)
    recipient = fields.UUID(required=True)
    providers = Many(fields.UUID(), fewest=1, most=20, required=True)
    capacity_kind = fields.Enum(CapacityKind, by_value=True, required=True)
    nation = fields.Enum(Nation, by_value=True, load_default=Nation.ENGLAND)
    limits = fields.Nested(LimitsSchema, load_default=lambda: LimitsSchema().load({}))
    terms = fields.Nested(TermsSchema, load_default=lambda: TermsSchema().load({}))
    asks_for = Many(Code(), most=40, load_default=list)
    sites = Many(fields.Nested(SiteSchema), most=100, load_default=list)
    mailbox = Text(254, allow_none=True, load_default=None)


class ServiceSchema(ServiceBody):
    """A service's entry, as it is listed."""

    id = fields.UUID(required=True)
    has_ledger = fields.Boolean(required=True)
    version = fields.Integer(required=True)


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
    """How much room a service has: numbers only."""

    places = fields.Integer()
    available = fields.Integer()
    held = fields.Integer()
    occupied = fields.Integer()
    pipeline = fields.Integer()
    closed = fields.Integer()
    waiting = fields.Integer()


class PlaceSchema(Schema):
    """One place. Who has it is told to its providers only, by the handoff's id."""

    id = fields.UUID()
    number = fields.Integer()
    label = fields.String()
    state = fields.String(metadata={"example": "occupied"})
    handoff_id = fields.UUID(allow_none=True)
    held_until = UtcDateTime(allow_none=True)
    taken_at = UtcDateTime(allow_none=True)


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
    label = Text(60, required=True, metadata={"example": "Flat 2", "description": "No address."})
    state = fields.Enum(Opening, by_value=True, load_default=Opening.AVAILABLE)


class PlaceMove(Schema):
    """What becomes of a place."""

    state = fields.Enum(Opening, by_value=True, required=True)


class ClaimSchema(Schema):
    """What one handoff had on a place."""

    handoff_id = fields.UUID()
    attempt = fields.Integer()
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


class WorkerBody(Schema):
    """A new account."""

    organisation_id = fields.UUID(required=True)
    username = Text(64, required=True, metadata={"example": "p.nowak"})
    display_name = Text(100, required=True)
    role = fields.Enum(
        Role,
        by_value=True,
        required=True,
        validate=validate.OneOf(sorted(WORKERS), error="Choose a role that a person can have."),
    )


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
