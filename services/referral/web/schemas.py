"""Schemas of what partners send to the referral API."""

from typing import Final

from marshmallow import fields, validate
from webargs.fields import DelimitedList

from onward.web import PageQuery
from onward.web.schemas import Code, Many, Reference, Schema, Text, Truth, Whole
from services.referral.domain.handoff import Intent, Urgency
from services.referral.domain.moves import Action, Status
from services.referral.domain.person import ContactRule
from services.referral.domain.reasons import OUTCOMES
from services.referral.domain.routing import BASES, DIRECT_CARE
from services.referral.domain.timing import Kind
from services.referral.web.fields import NhsNumber, PackSections

SENTENCE: Final = 2_000
"""Longest question, answer or explanation."""
ACTIONS: Final = tuple(
    action.value for action in Action if action not in {Action.SEND, Action.EXPIRE, Action.LAPSE}
)
"""What people may do; the rest is done by sending, or by the platform."""


class ContactSchema(Schema):
    """How to reach a person, and how not to."""

    phone = Text(40, load_default=None, allow_none=True)
    email = Text(254, load_default=None, allow_none=True, validate=validate.Email())
    address = Text(500, multiline=True, load_default=None, allow_none=True)
    no_fixed_abode = Truth(load_default=False)
    rules = Many(fields.Enum(ContactRule, by_value=True), most=len(ContactRule), load_default=list)
    note = Text(500, multiline=True, load_default=None, allow_none=True)


class PersonSchema(Schema):
    """Somebody who is to be handed over."""

    given_name = Text(100, required=True, metadata={"example": "Samuel"})
    family_name = Text(100, required=True, metadata={"example": "Marsh"})
    known_as = Text(100, load_default=None, allow_none=True)
    birth_date = fields.Date(load_default=None, allow_none=True)
    nhs_number = NhsNumber(
        load_default=None, allow_none=True, metadata={"example": "999 000 0018"}
    )
    contact = fields.Nested(ContactSchema, load_default=lambda: ContactSchema().load({}))
    language = Text(40, load_default=None, allow_none=True, metadata={"example": "cy"})
    interpreter = Truth(load_default=False)
    formats = Many(Code(), most=10, load_default=list, metadata={"example": ["large-print"]})


class CorrectionBody(Schema):
    """What a record says from now on, whole: what is left out is not known any more."""

    person = fields.Nested(PersonSchema, required=True)


class BasisSchema(Schema):
    """On which lawful basis the recipient is told."""

    code = Code(*BASES, required=True, metadata={"example": DIRECT_CARE})
    note = Text(SENTENCE, multiline=True, load_default=None, allow_none=True)


class ConsentSchema(Schema):
    """What the person agreed to have told."""

    given = Truth(required=True)
    withheld = Many(
        fields.String(validate=validate.Regexp(r"^[a-z_-]{1,40}(\.[a-z_-]{1,40})?\Z")),
        most=100,
        load_default=list,
        metadata={"example": ["risk", "housing.history"]},
    )
    valid_until = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "Last day it holds."}
    )


class RoutingBody(Schema):
    """What changes when a referral is sent again, or a draft at last."""

    service_id = fields.UUID()
    urgency = fields.Enum(Urgency, by_value=True)
    needs = Many(Code(), most=20)
    lawful_basis = fields.Nested(BasisSchema)
    consent = fields.Nested(ConsentSchema)
    sections = PackSections(load_default=dict)


class ReferralBody(Schema):
    """A referral as it is submitted; names its person by person, person_id or based_on."""

    person = fields.Nested(PersonSchema)
    person_id = fields.UUID(metadata={"description": "Somebody you have a record of."})
    based_on = fields.UUID(metadata={"description": "A referral this one follows from."})
    advice_id = fields.UUID(
        metadata={"description": "A question you asked, see /advice, that this one follows from."}
    )
    service_id = fields.UUID(required=True)
    intent = fields.Enum(Intent, by_value=True, load_default=Intent.REFERRAL)
    urgency = fields.Enum(Urgency, by_value=True, load_default=Urgency.ROUTINE)
    needs = Many(Code(), most=20, load_default=list, metadata={"example": ["housing"]})
    purpose = Code(load_default=DIRECT_CARE)
    lawful_basis = fields.Nested(BasisSchema)
    consent = fields.Nested(
        ConsentSchema, load_default=lambda: ConsentSchema().load({"given": False})
    )
    sections = PackSections(load_default=dict)
    draft = Truth(load_default=False)


class ActionBody(Schema):
    """What an action needs; ``GET …/actions`` tells which of these, with the codes."""

    reason = Code()
    sentence = Text(
        SENTENCE,
        multiline=True,
        metadata={"description": "A question, an answer, why; or a note where none is needed."},
    )
    outcome = Code(*OUTCOMES)


class SentQuery(PageQuery):
    """Which of your own referrals to list."""

    status = DelimitedList(
        fields.Enum(Status, by_value=True),
        validate=validate.Length(max=len(Status)),
        metadata={"description": "Of the newest handoff; several with commas between."},
    )
    reference = Reference(
        metadata={"description": "As people quote one of its handoffs.", "example": "3F2A-91BC"}
    )


class InboxQuery(PageQuery):
    """Which handoffs asked of you to list; open ones unless a status is named."""

    status = DelimitedList(
        fields.Enum(Status, by_value=True), validate=validate.Length(max=len(Status))
    )
    urgency = fields.Enum(Urgency, by_value=True)
    service_id = fields.UUID()
    overdue = fields.Boolean(load_default=False)
    reference = Reference(
        metadata={
            "description": "As people quote it; it is listed whatever its status.",
            "example": "3F2A-91BC",
        }
    )


class DeadlineQuery(PageQuery):
    """Which deadlines to list."""

    kind = fields.Enum(Kind, by_value=True)
    overdue = fields.Boolean(load_default=False)


class VersionField(Whole):
    """A handoff's version, in a form."""

    def __init__(self) -> None:
        """Take what a version can be."""
        super().__init__(1, 10**9, required=True)
