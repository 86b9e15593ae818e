"""What the audit service's API takes and gives."""

from base64 import b64encode
from datetime import timedelta
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields, validate

from onward.web.paging import MOST, PageQuery
from onward.web.schemas import Schema, UtcDateTime
from services.audit.domain.leaf import Outcome
from services.audit.domain.proofs import LARGEST
from services.audit.domain.reports import FORMATS
from services.audit.domain.trail import Kind

PRINCIPAL: Final = validate.Regexp(
    r"[!-~]{1,200}\Z", error="Use the principal as the log writes it, such as worker:<id>."
)
ACTION: Final = validate.Regexp(
    r"[a-z0-9-]{1,40}\.([a-z0-9.-]{0,80})\Z",
    error="Use an event's key, or its first part and a dot, such as access.",
)


def _example(value: Any, description: str = "") -> dict[str, Any]:
    return {"example": value} | ({"description": description} if description else {})


def _number(least: int, most: int, **options: Any) -> fields.Integer:
    """Return a whole number of an address's query, where everything is text."""
    bounds = validate.Range(least, most, error="Use a whole number from {min} to {max}.")
    return fields.Integer(validate=bounds, **options)


def _seconds(name: str, description: str) -> fields.Function:
    """Return a length of time, as whole seconds; null where there is none."""

    def written(told: Any) -> int | None:
        length: timedelta | None = getattr(told, name)
        return None if length is None else int(length.total_seconds())

    metadata = {"type": ["integer", "null"], "example": 5400, "description": description}
    return fields.Function(written, metadata=metadata)


class Base64(fields.Field[bytes]):
    """Bytes in base 64 (RFC 4648, section 4)."""

    def __init__(self, **options: Any) -> None:
        """Write a hash."""
        metadata = {"type": "string", "contentEncoding": "base64", **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _serialize(self, value: bytes | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else b64encode(value).decode()


class Named(Schema):
    """An organisation or a service, with its name where the directory told it."""

    id = fields.UUID(required=True)
    name = fields.String(allow_none=True, metadata=_example("Response"))


class Checkpoint(Schema):
    """What was signed."""

    size = fields.Integer(metadata=_example(5021, "Leaves it covers."))
    root = Base64(metadata=_example("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="))
    signed_at = UtcDateTime()


class Facts(Schema):
    """What a leaf of the log says."""

    leaf = fields.Integer(metadata=_example(1042, "Its number in the log, from 0."))
    event = fields.UUID()
    action = fields.String(metadata=_example("referral.handoff-accepted.v1"))
    who = fields.String(metadata=_example("worker:5e6f0c2a-3a55-4a8e-9d43-1f1a7f2d0c11"))
    role = fields.String(metadata=_example("caseworker"))
    outcome = fields.Enum(Outcome, by_value=True)
    purpose = fields.String(allow_none=True, metadata=_example("direct-care"))
    basis = fields.String(allow_none=True, metadata=_example("direct-care", "The lawful basis."))
    occurred = UtcDateTime()
    recorded = UtcDateTime(metadata={"description": "When the log took it in."})
    handoff_id = fields.UUID(allow_none=True)
    data = fields.Dict(
        keys=fields.String(), metadata={"description": "What else the event says: ids, codes."}
    )


class Entry(Facts):
    """A leaf, found by a search."""

    organisation_id = fields.UUID(allow_none=True)
    referral_id = fields.UUID(allow_none=True)
    service_id = fields.UUID(allow_none=True)


class Step(Facts):
    """A leaf as a step of one referral's story."""

    kind = fields.Enum(Kind, by_value=True)
    title = fields.String(metadata=_example("Accepted"))
    organisation = fields.Nested(Named, allow_none=True)
    party = fields.Nested(
        Named, allow_none=True, metadata={"description": "Whose step it is in the story."}
    )
    to = fields.Nested(
        Named, allow_none=True, metadata={"description": "Whom it is addressed to."}
    )
    service = fields.Nested(Named, allow_none=True)
    after_seconds = fields.Integer(
        allow_none=True, metadata=_example(5400, "Since the handoff moved last.")
    )
    late_seconds = fields.Integer(
        allow_none=True, metadata=_example(None, "After the deadline frozen at sending.")
    )
    missing_before = fields.Integer(
        metadata=_example(0, "Events of the same line that the log does not have.")
    )
    proved = fields.Boolean(
        metadata={"description": "Whether its proof under the checkpoint was checked and held."}
    )


class Trail(Schema):
    """The story of one referral, with what proves it."""

    referral_id = fields.UUID()
    steps = fields.List(fields.Nested(Step))
    reads = fields.Integer(metadata=_example(2, "Steps that are somebody's look at a record."))
    missing = fields.Integer(metadata=_example(0, "Events the log should have and has not."))
    proved = fields.Boolean(metadata={"description": "Whether every step is proved."})
    checkpoint = fields.Nested(Checkpoint, allow_none=True)


class TrailQuery(PageQuery):
    """Which part of a trail."""

    limit = _number(1, MOST, load_default=MOST)


class EntriesQuery(PageQuery):
    """Which leaves."""

    referral = fields.UUID()
    organisation = fields.UUID(metadata={"description": "Whom the actor acted for."})
    principal = fields.String(validate=PRINCIPAL)
    action = fields.String(
        validate=ACTION,
        metadata={"description": "An event's key, or its first part and a dot: `access.`"},
    )
    since = UtcDateTime(data_key="from")
    until = UtcDateTime(data_key="to", metadata={"description": "Before this moment."})


class ReportQuery(PageQuery):
    """What a report is about."""

    person = fields.UUID(
        metadata={"description": "By the id that `handoff-requested` events carry."}
    )
    referral = fields.UUID()
    organisation = fields.UUID(metadata={"description": "Whom the actor acted for."})
    principal = fields.String(validate=PRINCIPAL)
    since = UtcDateTime(data_key="from")
    until = UtcDateTime(data_key="to", metadata={"description": "Before this moment."})


class StallsQuery(Schema):
    """Which moves of handoffs count."""

    since = UtcDateTime(
        data_key="from", metadata={"description": "By default 28 days before `to`."}
    )
    until = UtcDateTime(data_key="to", metadata={"description": "Moves before this moment."})


class Stall(Schema):
    """How long handoffs waited after one step at one service."""

    service_id = fields.UUID(attribute="service")
    recipient = fields.UUID()
    action = fields.String(metadata=_example("referral.handoff-requested.v1", "The step."))
    moved = fields.Integer(metadata=_example(41, "How many went on."))
    half_within_seconds = _seconds("half", "Half of those within this.")
    most_within_seconds = _seconds("most", "Nine of ten within this.")
    standing = fields.Integer(metadata=_example(3, "Stand still now, for a day or longer."))
    longest_seconds = _seconds("longest", "The longest of those.")


class ReportFileQuery(ReportQuery):
    """Which file of a report."""

    format = fields.String(load_default="csv", validate=validate.OneOf(FORMATS))
    size = _number(0, LARGEST, metadata={"description": "Leaves of the log that count."})


class Manifest(Schema):
    """What a report's file is made of."""

    name = fields.String(metadata=_example("who-saw"))
    format = fields.String(metadata=_example("csv"))
    rows = fields.Integer(metadata=_example(27))
    sha256 = fields.Function(
        lambda manifest: manifest.sha256.hex(),
        metadata={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    )
    checkpoint = fields.Nested(Checkpoint)


class ProofQuery(Schema):
    """Which proof: that a leaf is in a tree, or that a tree only grew."""

    leaf = _number(0, LARGEST)
    size = _number(1, LARGEST)
    old = _number(0, LARGEST, data_key="from")
    new = _number(0, LARGEST, data_key="to")

    @ma.validates_schema
    def _one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        if set(data) not in ({"leaf", "size"}, {"old", "new"}):
            raise ma.ValidationError("Send either leaf and size, or from and to.")


class Proof(Schema):
    """A proof (RFC 6962, 2.1.1 or 2.1.2)."""

    leaf = fields.Integer()
    size = fields.Integer()
    hash = Base64(metadata={"description": "Of the leaf."})
    root = Base64(metadata={"description": "Of the tree of that size."})
    old = fields.Integer(data_key="from")
    new = fields.Integer(data_key="to")
    old_root = Base64(data_key="from_root")
    new_root = Base64(data_key="to_root")
    proof = fields.List(Base64())


class NewWitness(Schema):
    """A key that may countersign checkpoints."""

    key = fields.String(
        required=True,
        validate=validate.Length(1, 300),
        metadata=_example(
            "watch.example/onward+6f2a91bc+BGQx…", "As `onward-witness new-key` prints it."
        ),
    )
    organisation_id = fields.UUID(
        allow_none=True, load_default=None, metadata={"description": "The partner it belongs to."}
    )


class Witness(Schema):
    """Somebody outside who countersigns checkpoints, and what they saw last."""

    id = fields.UUID(attribute="witness.id")
    name = fields.String(attribute="witness.name", metadata=_example("watch.example/onward"))
    key = fields.String(attribute="witness.key")
    organisation_id = fields.UUID(attribute="witness.organisation", allow_none=True)
    added_at = UtcDateTime(attribute="witness.added_at")
    size = fields.Integer(attribute="newest.size", metadata=_example(5021, "Leaves it saw last."))
    witnessed_at = UtcDateTime(attribute="newest.witnessed_at")


class NewCosignature(Schema):
    """A witness's signature line under a checkpoint (C2SP tlog-cosignature)."""

    size = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST))
    line = fields.String(
        required=True,
        validate=validate.Length(1, 500),
        metadata=_example("— watch.example/onward bJBzQwAAAABp…", "`— <name> <base64>`"),
    )


class Cosignature(Schema):
    """A countersignature that was taken."""

    size = fields.Integer(metadata=_example(5021))
    witness_id = fields.UUID(attribute="witness")
    witnessed_at = UtcDateTime(metadata={"description": "By the witness's own clock."})
    received_at = UtcDateTime()


class SignedCheckpoint(Schema):
    """A checkpoint, and who countersigned it."""

    checkpoint = fields.Nested(Checkpoint)
    cosignatures = fields.List(fields.Nested(Cosignature))


class Claim(Schema):
    """Something that a service stated it did."""

    referral_id = fields.UUID(attribute="referral")
    handoff_id = fields.UUID(attribute="handoff")
    kind = fields.String(metadata=_example("sent", "`sent` or `disclosed`."))
    stated_at = UtcDateTime()


class Count(Schema):
    """How much of one kind was stated."""

    kind = fields.String(metadata=_example("sent", "`sent` or `disclosed`."))
    stated = fields.Integer(metadata=_example(5021))
    found = fields.Integer(metadata=_example(5021, "Have their leaf."))


class Book(Schema):
    """What a service said of all its handoffs together."""

    id = fields.UUID()
    total = fields.Integer(metadata=_example(5021, "How many it holds."))
    named = fields.Integer(
        attribute="sent",
        metadata=_example(
            5021,
            "How many it named so far: another number means that"
            " records vanished, or came in past the statements.",
        ),
    )
    stated_at = UtcDateTime()


class Completeness(Schema):
    """How the log stands against the services' own records."""

    complete = fields.Boolean(attribute="is_complete")
    counts = fields.List(fields.Nested(Count))
    books = fields.List(fields.Nested(Book))
    missing = fields.List(
        fields.Nested(Claim), metadata={"description": "The first 100 that are late."}
    )


class NewExport(Schema):
    """Which referral's evidence is wanted."""

    referral_id = fields.UUID(required=True)


class Export(Schema):
    """A bundle that was made."""

    id = fields.UUID()
    referral_id = fields.UUID(attribute="referral")
    size = fields.Integer(metadata=_example(5021, "Of the checkpoint that proves it."))
    leaves = fields.Integer(metadata=_example(27))
    sha256 = fields.Function(
        lambda export: export.sha256.hex(),
        metadata={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    )
    made_at = UtcDateTime()
    requested_by = fields.String()
    bundle = fields.Function(
        lambda export: f"/api/v1/audit/exports/{export.id}/bundle",
        metadata=_example("/api/v1/audit/exports/…/bundle", "Where the file is."),
    )
