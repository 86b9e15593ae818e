"""What the API takes and gives of workers: their preferences, teams, rules, previews, receipts."""

import re
from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields, validate

from onward.web.schemas import Code, Many, Schema, Text, Truth, UtcDateTime
from services.notification.domain.english import ENGLISH
from services.notification.domain.languages import LANGUAGES
from services.notification.domain.people import MOST_MEMBERS, Whom
from services.notification.web.schemas import MAILBOX, URGENCIES

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOBILE: Final = re.compile(r"(?:0|\+44|0044)7[0-9]{9}|\+(?!44)[0-9]{7,15}")
"""A number of the United Kingdom that takes text messages, or any of another country's."""
_CLOCK: Final = r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z"
_BETWEEN_DIGITS: Final = str.maketrans("", "", "().-")
_PRINCIPAL: Final = r"\Aworker:[A-Za-z0-9._-]{1,64}\Z"


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


def _clock(**options: Any) -> fields.String:
    shape = validate.Regexp(_CLOCK, error="Use a time such as 09:30.")
    return fields.String(validate=shape, **options)


class _Phone(Text):
    """A number as people write it; what they put between its digits but for spaces is left out."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        plain = text.replace("(0)", "") if text.startswith("+") else text
        return " ".join(plain.replace("-", " ").translate(_BETWEEN_DIGITS).split())


def _require_mobile(number: str) -> None:
    if not _MOBILE.fullmatch(number.replace(" ", "")):
        raise ma.ValidationError("Give one mobile number, such as 07700 900123.")


def _principal(**options: Any) -> fields.String:
    shape = validate.Regexp(_PRINCIPAL, error="Use a worker's id such as worker:4f0c….")
    return fields.String(validate=shape, metadata=_example("worker:4f0c9a52"), **options)


class Hours(Schema):
    """When messages may come, by London's clock; outside it is quiet, but for what is urgent."""

    days = Many(
        Code(*DAYS),
        fewest=1,
        most=len(DAYS),
        required=True,
        error_messages={"many": "Choose at least one day, each once."},
    )
    begins = _clock(required=True, metadata=_example("09:00"))
    ends = _clock(required=True, metadata=_example("17:00"))


class Away(Schema):
    """When somebody else is told instead."""

    begins = UtcDateTime(required=True)
    ends = UtcDateTime(load_default=None, allow_none=True)
    cover = _principal(required=True)

    @ma.validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("ends") and data["ends"] <= data["begins"]:
            raise ma.ValidationError("End after you begin.", "ends")


class Preferences(Schema):
    """Where, when and in which language a worker is told."""

    called = Text(
        80,
        load_default=None,
        allow_none=True,
        metadata={"description": "What colleagues read when they choose a cover."},
    )
    email = Text(
        254,
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(
            rf"\A{MAILBOX}\Z", error="Give one address, such as kim@example.org."
        ),
    )
    phone = _Phone(
        24,
        load_default=None,
        allow_none=True,
        validate=_require_mobile,
    )
    mail_for = Many(Code(*URGENCIES), most=len(URGENCIES), load_default=list(URGENCIES))
    text_for = Many(Code(*URGENCIES), most=len(URGENCIES), load_default=list(URGENCIES[1:]))
    follow = Truth(
        load_default=False,
        metadata={"description": "Hear all your organisation hears, not only what a rule names."},
    )
    hours = fields.Nested(Hours, load_default=None, allow_none=True)
    digest_at = _clock(load_default=None, allow_none=True, metadata=_example("16:30"))
    language = Code(*LANGUAGES, load_default="en")
    away = fields.Nested(Away, load_default=None, allow_none=True)

    @ma.validates_schema
    def _digest_can_come(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a digest that nothing would ever be gathered for."""
        if data.get("digest_at") and not (data.get("email") and "routine" in data["mail_for"]):
            raise ma.ValidationError(
                "A digest needs an e-mail address, and e-mail for what is routine.", "digest_at"
            )


class NewRule(Schema):
    """Whom to tell of what."""

    whom = Code(*(whom.value for whom in Whom), required=True)
    name = Text(
        80,
        required=True,
        metadata={
            "description": "A role's code, a team's id, or a worker's id.",
            "example": "team_lead",
        },
    )
    templates = Many(
        Code(*ENGLISH),
        most=len(ENGLISH),
        load_default=list,
        metadata={"description": "Codes of wordings; all where empty."},
    )
    service_id = fields.UUID(load_default=None, allow_none=True)
    urgencies = Many(Code(*URGENCIES), fewest=1, most=len(URGENCIES), load_default=list(URGENCIES))


class Rule(NewRule):
    """One of an organisation's rules."""

    id = fields.UUID(required=True)


class NewTeam(Schema):
    """Workers to tell together."""

    name = Text(80, required=True, metadata=_example("Duty desk"))
    members = Many(_principal(), most=MOST_MEMBERS, required=True)


class Team(NewTeam):
    """One of an organisation's teams."""

    id = fields.UUID(required=True)
    version = fields.Integer()


class PreviewQuery(Schema):
    """What happens, and when."""

    template = Code(*ENGLISH, required=True, metadata=_example("handoff-requested"))
    urgency = Code(*URGENCIES, load_default="routine")
    service_id = fields.UUID(
        metadata={"description": "About any, where it is left out; the rule says about which."}
    )
    at = UtcDateTime(metadata={"description": "Now, where it is left out."})


class Way(Schema):
    """One message."""

    channel = Code("email", "sms", required=True)
    due_at = UtcDateTime(required=True)
    digest = fields.Boolean(required=True)


class Reached(Schema):
    """A worker who would be told."""

    principal = fields.String(required=True)
    called = fields.String(allow_none=True)
    covers = fields.String(allow_none=True, metadata={"description": "For whom they stand in."})
    rule_id = fields.UUID(
        allow_none=True, metadata={"description": "Why; null where they follow everything."}
    )
    ways = fields.List(
        fields.Nested(Way),
        metadata={"description": "Empty: they gave no address, and see it in the inbox alone."},
    )


class Preview(Schema):
    """Who would be told."""

    mailbox = fields.String(
        allow_none=True, metadata={"description": "Where the organisation's own e-mail goes."}
    )
    webhooks = fields.Integer(metadata={"description": "Webhooks that would hear of it."})
    people = fields.List(fields.Nested(Reached))


class ReceiptQuery(Schema):
    """Of which handoff."""

    handoff_id = fields.UUID(required=True)


class Receipt(Schema):
    """What became of one thing that the other side was told, on one way."""

    event_id = fields.UUID(required=True)
    channel = Code("inbox", "email", "sms", "webhook", "queue", required=True)
    template = fields.String(required=True)
    organisation_id = fields.UUID(attribute="organisation")
    personal = fields.Boolean(metadata={"description": "Whether one of its workers was told."})
    status = Code("read", "unread", "waiting", "delivered", "given_up", "skipped", required=True)
    code = fields.String(allow_none=True, metadata={"description": "Why it was not delivered."})
    occurred_at = UtcDateTime()
    settled_at = UtcDateTime(allow_none=True)
