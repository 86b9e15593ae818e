"""What the notification service's API takes and gives."""

from typing import Any, Final

import marshmallow as ma
from marshmallow import fields, validate

from onward.web.paging import PageQuery
from onward.web.schemas import Code, Many, Reference, Schema, Text, UtcDateTime, Whole
from services.notification.domain.endpoints import ALL, LONGEST_URL, TEST, event_names
from services.notification.domain.languages import LANGUAGES
from services.notification.domain.retries import Status
from services.notification.domain.rules import Urgency
from services.notification.handlers.pulling import MOST

MOST_MARKED: Final = 200
URGENCIES: Final = tuple(urgency.value for urgency in Urgency)
MAILBOX: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


class Notification(Schema):
    """One thing that an organisation was told."""

    id = fields.UUID(required=True)
    template = Code(metadata=_example("handoff-requested"))
    urgency = Code(*URGENCIES)
    text = fields.String(metadata=_example("New referral for Stepdown House"))
    detail = fields.String()
    todo = fields.String(metadata={"description": "What to do."})
    reference = fields.String(metadata=_example("3F2A-91BC"))
    href = fields.String(
        metadata={"description": "Page to open, on this origin: one that your role may open."}
    )
    referral_id = fields.UUID(allow_none=True)
    handoff_id = fields.UUID(allow_none=True)
    service_id = fields.UUID(allow_none=True)
    organisation_id = fields.UUID(metadata={"description": "Who is told."})
    team = fields.String(
        allow_none=True,
        metadata={"description": "The host you are placed with; null for your own organisation."},
    )
    covers = fields.String(
        allow_none=True,
        metadata={
            "example": "Lee",
            "description": "Whom you cover for, where you are told because they are away; else null.",
        },
    )
    occurred_at = UtcDateTime()
    read = fields.Boolean(metadata={"description": "Whether you have read it."})


class NotificationQuery(PageQuery):
    """Which notifications."""

    unread = fields.Boolean(
        load_default=False, metadata={"description": "Only those you have not read."}
    )


class ReadMany(Schema):
    """Which notifications were read: some by id, or one and everything older."""

    ids = Many(fields.UUID(), fewest=1, most=MOST_MARKED)
    up_to = fields.UUID(metadata={"description": "This one and everything older."})

    @ma.validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ma.ValidationError("Send either ids or up_to.")


class Marked(Schema):
    """What a mark changed."""

    marked = fields.Integer(required=True, metadata={"description": "How many were unread."})
    missing = fields.List(
        fields.UUID(),
        required=True,
        metadata={"description": "Those of ids that are not there, or not yours to see."},
    )


class NewWebhook(Schema):
    """An address to be told at."""

    url = Text(
        LONGEST_URL, required=True, metadata=_example("https://crm.example.org/hooks/onward")
    )
    events = Many(
        fields.String(
            validate=validate.OneOf(
                (ALL, *event_names()), error="Use one of: {choices}. The star takes all."
            )
        ),
        fewest=1,
        most=len(event_names()) + 1,
        required=True,
        metadata={"example": ["referral.handoff-requested.v1"], "description": "* takes all."},
    )


class Webhook(Schema):
    """An address that is told."""

    id = fields.UUID(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    status = Code("enabled", "disabled", required=True)
    disabled_code = Code(allow_none=True, metadata={"description": "``gone`` or ``by-hand``."})
    failures = fields.Integer(
        metadata={"description": "Failed attempts at one message since the last good one."}
    )
    created_at = UtcDateTime()
    rotated_at = UtcDateTime(allow_none=True)


class WebhookWithSecret(Webhook):
    """An address with the secret that its messages are signed with: shown this once."""

    secret = fields.String(
        required=True,
        metadata=_example("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDDPnQIlR9Lls="),
    )


class Attempt(Schema):
    """One try to deliver."""

    at = UtcDateTime(required=True)
    milliseconds = fields.Integer(required=True)
    status_code = fields.Integer(allow_none=True)
    code = fields.String(
        allow_none=True, metadata={"description": "Why it was not taken; null when it was."}
    )


class Delivery(Schema):
    """A message to a webhook, and how its attempts ended."""

    id = fields.UUID(required=True)
    event_id = fields.UUID(metadata={"description": "The header webhook-id."})
    type = fields.String(attribute="key", metadata=_example("referral.handoff-accepted.v1"))
    about = fields.UUID(metadata={"description": "The referral."})
    handoff_id = fields.UUID(allow_none=True)
    status = Code("waiting", "delivered", "given_up", "skipped")
    code = fields.String(allow_none=True)
    created_at = UtcDateTime()
    due_at = UtcDateTime(allow_none=True, metadata={"description": "Next attempt."})
    attempts = fields.List(fields.Nested(Attempt), metadata={"description": "Newest first."})


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    status = fields.Enum(Status, by_value=True)
    type = fields.String(
        validate=validate.OneOf((TEST, *event_names()), error="Use one of: {choices}."),
        metadata=_example("referral.handoff-accepted.v1"),
    )
    referral_id = fields.UUID()
    reference = Reference(
        metadata={"description": "As people quote the handoff."} | _example("3F2A-91BC")
    )
    since = UtcDateTime(metadata={"description": "Made from this moment on."})


class TestEvent(Schema):
    """Which event to make up."""

    type = fields.String(
        load_default=TEST,
        validate=validate.OneOf((TEST, *event_names()), error="Use one of: {choices}."),
        metadata={"description": "One of these made up about nobody; ours alone without it."},
    )


class ReplaySince(Schema):
    """From when on to send again."""

    since = UtcDateTime(required=True, metadata=_example("2026-11-21T09:00:00Z"))


class Backlog(Schema):
    """How much a webhook has before it."""

    waiting = fields.Integer(required=True, metadata={"description": "Messages not settled yet."})


class Settled(Schema):
    """What became of one message that was handed out."""

    id = fields.UUID(required=True)
    code = Code(
        load_default=None,
        allow_none=True,
        metadata={"description": "Why it was not taken; null or left out when it was."},
    )
    status_code = Whole(100, 599, load_default=None, allow_none=True)
    milliseconds = Whole(0, 600_000, load_default=0)


class Pull(Schema):
    """What became of the messages handed out last."""

    settled = Many(fields.Nested(Settled), most=MOST, load_default=list)


class Pulled(Schema):
    """One message as a receiver gets it."""

    id = fields.UUID(required=True)
    type = fields.String(required=True)
    headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    body = fields.String(
        required=True, metadata={"description": "To be passed on as it is: it is signed."}
    )


class Subscription(Schema):
    """What the organisation is told by e-mail."""

    mailbox = Text(
        254,
        required=True,
        allow_none=True,
        validate=validate.Regexp(
            rf"\A{MAILBOX}\Z", error="Give one address, such as team@example.org."
        ),
        metadata={
            "example": "duty-desk@example.org",
            "description": "A shared mailbox, instead of the directory's; null for those.",
        },
    )
    mail_for = Many(
        Code(*URGENCIES),
        most=len(URGENCIES),
        required=True,
        metadata={"example": ["urgent", "emergency"]},
    )
    language = Code(*LANGUAGES, load_default="en", metadata=_example("cy"))
