"""Schemas of what the referral API answers. None of them is used to store what they show."""

from marshmallow import fields

from onward.web.schemas import Schema


class DueSchema(Schema):
    """The moments that matter, frozen when the handoff was sent."""

    acknowledge_by = fields.AwareDateTime(allow_none=True)
    answer_by = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    lapses_at = fields.AwareDateTime(allow_none=True)
    review_due = fields.AwareDateTime(allow_none=True)
    stay_ends = fields.AwareDateTime(allow_none=True)


class HandoffSchema(Schema):
    """One request to one recipient, and where it stands."""

    id = fields.UUID(required=True)
    referral_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    person_id = fields.UUID(required=True, metadata={"description": "Pseudonymous."})
    service_id = fields.UUID(required=True)
    sender = fields.UUID(required=True)
    recipient = fields.UUID(required=True)
    status = fields.String(required=True)
    version = fields.Integer(required=True, metadata={"description": "The ETag, as a number."})
    keepers = fields.List(
        fields.UUID(),
        required=True,
        metadata={"description": "Organisations that keep a part in the person now."},
    )
    intent = fields.String(required=True)
    urgency = fields.String(required=True)
    needs = fields.List(fields.String(), required=True)
    purpose = fields.String(required=True)
    lawful_basis = fields.String(allow_none=True)
    agreement_id = fields.UUID(allow_none=True)
    based_on = fields.UUID(allow_none=True)
    due = fields.Nested(DueSchema, required=True)
    counted_in = fields.String(
        required=True,
        metadata={
            "description": "Which hours acknowledge_by and answer_by count: elapsed or working-hours."
        },
    )
    next_due = fields.AwareDateTime(allow_none=True)
    needs_place = fields.Boolean(required=True)
    place_id = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    requested_at = fields.AwareDateTime(allow_none=True)
    started_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)


class ReferralSchema(Schema):
    """What a sender recorded; the person's details are in ``GET /referrals/{id}``."""

    id = fields.UUID(required=True)
    sender = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    standing = fields.String(required=True)
    intent = fields.String(required=True)
    urgency = fields.String(required=True)
    needs = fields.List(fields.String(), required=True)
    purpose = fields.String(required=True)
    lawful_basis = fields.String(allow_none=True)
    based_on = fields.UUID(allow_none=True)
    created_at = fields.AwareDateTime(required=True)


class SubmittedSchema(Schema):
    """What came of a submission. The ETag is the handoff's, as its next action wants it."""

    referral = fields.Nested(ReferralSchema, required=True)
    handoff = fields.Nested(HandoffSchema, required=True)
    told = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "section.field names that the recipient may read."},
    )


class ItemSchema(Schema):
    """One handoff in a list, with names."""

    handoff = fields.Nested(HandoffSchema, required=True)
    service_name = fields.String(allow_none=True)
    sender_name = fields.String(allow_none=True)
    recipient_name = fields.String(allow_none=True)
    person_name = fields.String(
        allow_none=True, metadata={"description": "None where you were not told it."}
    )
    position = fields.Integer(allow_none=True, metadata={"description": "In the queue."})
    said_stop = fields.Boolean(
        required=True,
        metadata={"description": "Whether the person wants nothing shared any more."},
    )


class ClaimSchema(Schema):
    """What the place ledger last said."""

    state = fields.String(required=True)
    place_id = fields.UUID(allow_none=True)
    position = fields.Integer(allow_none=True)
    code = fields.String(allow_none=True)
    changed_at = fields.AwareDateTime(required=True)


class OneHandoffSchema(HandoffSchema):
    """A handoff with names and its place."""

    service_name = fields.String(allow_none=True)
    sender_name = fields.String(allow_none=True)
    recipient_name = fields.String(allow_none=True)
    place = fields.Nested(ClaimSchema, allow_none=True)


class PersonAnswer(Schema):
    """Who the referral is about, as its sender recorded them."""

    id = fields.UUID(required=True)
    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    known_as = fields.String(allow_none=True)
    birth_date = fields.Date(allow_none=True)
    nhs_number = fields.String(allow_none=True)
    contact = fields.Dict(required=True)
    language = fields.String(allow_none=True)
    interpreter = fields.Boolean(required=True)
    formats = fields.List(fields.String(), required=True)


class StepSchema(Schema):
    """One move."""

    handoff_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    action = fields.String(required=True)
    to_status = fields.String(required=True)
    party = fields.String(required=True)
    organisation = fields.UUID(allow_none=True)
    at = fields.AwareDateTime(required=True)
    code = fields.String(allow_none=True)
    sentence = fields.String(allow_none=True)


class DisclosureSchema(Schema):
    """One field that one recipient was told."""

    handoff_id = fields.UUID(required=True)
    field = fields.String(required=True)
    recipient = fields.UUID(required=True)
    lawful_basis = fields.String(required=True)
    agreement_id = fields.UUID(allow_none=True)
    disclosed_at = fields.AwareDateTime(required=True)
    sensitivity = fields.String(
        required=True, metadata={"description": "personal, special or restricted."}
    )
    stopped_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Since when it may not be read any more."}
    )
    stopped_because = fields.String(
        allow_none=True, metadata={"description": "withdrawn, expired or limited."}
    )
    corrected_at = fields.AwareDateTime(
        allow_none=True,
        metadata={"description": "Since when the pack says something else, or nothing, here."},
    )


class ConsentStateSchema(Schema):
    """What the person agrees to."""

    given = fields.Boolean(required=True)
    withdrawn = fields.Boolean(
        required=True, metadata={"description": "Whether they have said stop."}
    )
    withheld = fields.List(fields.String(), required=True)
    valid_until = fields.Date(
        allow_none=True, attribute="until", metadata={"description": "Last day it holds."}
    )


class ConsentEffectSchema(Schema):
    """What a change of consent did to what one recipient may read."""

    handoff_id = fields.UUID(required=True, attribute="handoff.id")
    recipient = fields.UUID(required=True, attribute="handoff.recipient")
    lawful_basis = fields.String(required=True, attribute="handoff.lawful_basis")
    stopped = fields.List(fields.String(), required=True)
    reopened = fields.List(fields.String(), required=True)
    stands = fields.Boolean(
        required=True,
        metadata={"description": "Told on a basis that does not rest on consent: reads go on."},
    )


class RecordedConsentSchema(ConsentStateSchema):
    """What the person agrees to from now on, and what that did."""

    referral_id = fields.UUID(required=True)
    effects = fields.List(fields.Nested(ConsentEffectSchema), required=True)


class ReachedSchema(Schema):
    """One recipient that reads something else from now on."""

    handoff_id = fields.UUID(required=True, attribute="handoff.id")
    recipient = fields.UUID(required=True, attribute="handoff.recipient")
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    told = fields.Boolean(
        required=True, metadata={"description": "Whether they get a notice that it was corrected."}
    )


class CorrectedSchema(Schema):
    """What a correction did."""

    referral_id = fields.UUID(required=True, attribute="seen.referral.id")
    fields_ = fields.List(
        fields.String(),
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "Names of what is different, such as contact.phone."},
    )
    reached = fields.List(fields.Nested(ReachedSchema), required=True)


class EarlierSchema(Schema):
    """A section of a pack as it read before it was corrected."""

    section = fields.String(required=True)
    until = fields.AwareDateTime(required=True)
    fields_ = fields.Dict(required=True, data_key="fields", attribute="fields")


class StorySchema(ReferralSchema):
    """Everything you may see of a referral: all of it as its sender, your own part as a recipient."""

    person = fields.Nested(PersonAnswer, allow_none=True)
    sections = fields.Dict()
    basis_note = fields.String(allow_none=True)
    consent = fields.Nested(ConsentStateSchema, allow_none=True)
    said_stop = fields.Boolean(
        required=True,
        metadata={"description": "Whether the person wants nothing shared any more."},
    )
    handoffs = fields.List(fields.Nested(HandoffSchema), required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    disclosures = fields.List(fields.Nested(DisclosureSchema), required=True)


class PackSchema(Schema):
    """What the recipient was told, with the sender's corrections, as far as it may be read now."""

    handoff_id = fields.UUID(required=True)
    sensitivity = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Of each section.field: personal, special or restricted."},
    )
    sections = fields.Dict(required=True)


class ChoiceSchema(Schema):
    """One code of a list."""

    code = fields.String(required=True)
    text = fields.String(required=True)
    decided_by = fields.String(metadata={"description": "person or service."})


class NeededFieldSchema(Schema):
    """One field that an action takes."""

    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    choices = fields.List(fields.Nested(ChoiceSchema))


class AllowedSchema(Schema):
    """One action that is allowed now, and what it takes."""

    action = fields.String(required=True)
    fields_ = fields.List(
        fields.Nested(NeededFieldSchema), required=True, data_key="fields", attribute="fields"
    )


class AllowedListSchema(Schema):
    """What you may do with a handoff now."""

    handoff_id = fields.UUID(required=True)
    status = fields.String(required=True)
    version = fields.Integer(required=True)
    actions = fields.List(fields.Nested(AllowedSchema), required=True)


class DeadlineSchema(Schema):
    """One deadline that runs."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True)
    rung = fields.Integer(
        required=True, metadata={"description": "How often it was told already."}
    )
    referral_id = fields.UUID(required=True, attribute="handoff.referral_id")
    handoff_id = fields.UUID(required=True, attribute="handoff.id")
    status = fields.String(required=True, attribute="handoff.status")
    service_name = fields.String(allow_none=True)
