"""What is sent to be imported, and how far it is."""

import re
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from onward.web import PageQuery
from onward.web.schemas import Schema, Text, UtcDateTime
from services.directory.domain.imports import RESULTS, Format
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind

LARGEST: Final = 96 * 1024 * 1024
"""Bytes of a request: some fifteen thousand services as an export has them."""

_HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class ImportBody(Schema):
    """A file to import."""

    name = Text(200, required=True, metadata={"example": "services.json"})
    format = fields.Enum(Format, by_value=True, load_default=Format.JSON)
    content = fields.String(
        required=True,
        metadata={"description": "The file's text: Open Referral UK, as JSON or CSV."},
    )
    organisation_kind = fields.Enum(
        OrganisationKind,
        by_value=True,
        allow_none=True,
        load_default=None,
        metadata={"description": "For new organisations of which the file does not say it."},
    )
    service_kind = fields.Enum(
        CapacityKind,
        by_value=True,
        allow_none=True,
        load_default=None,
        metadata={"description": "For new services of which the file does not say it."},
    )

    @validates_schema
    def _require_text(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse at once what no entry can say; everything else is said of each entry, with its line."""
        content = data["content"].strip()
        if _HIDDEN.search(content):
            raise ValidationError(
                "Remove the characters that hide, or turn text round.", "content"
            )
        if not content or (data["format"] is Format.JSON and content[0] not in "{["):
            raise ValidationError("Send the file's text: JSON begins with { or [.", "content")


class ImportSchema(Schema):
    """An import, and how far it is."""

    id = fields.UUID(attribute="job.id")
    name = fields.String(attribute="job.name")
    format = fields.String(attribute="job.format")
    state = fields.String(
        attribute="job.state",
        metadata={"description": "waiting, running, done; broken: the file cannot be read."},
    )
    total = fields.Integer(attribute="job.total", allow_none=True)
    done = fields.Integer(metadata={"description": "Entries dealt with so far."})
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    problem = fields.String(attribute="job.problem", allow_none=True)
    created_at = UtcDateTime(attribute="job.created_at")
    finished_at = UtcDateTime(attribute="job.finished_at", allow_none=True)


class LinesQuery(PageQuery):
    """Which part of a report."""

    result = fields.String(
        validate=validate.OneOf(RESULTS, error="Use one of: {choices}."),
        metadata={"description": "Only entries that came to this."},
    )


class MistakeSchema(Schema):
    """Why an entry was refused."""

    line = fields.Integer()
    column = fields.Integer()
    pointer = fields.String()
    detail = fields.String()


class LineSchema(Schema):
    """What became of one entry."""

    number = fields.Integer()
    kind = fields.String(metadata={"example": "services"})
    entry_id = fields.UUID(allow_none=True)
    name = fields.String(allow_none=True)
    result = fields.String()
    changed = fields.List(fields.String())
    mistakes = fields.List(fields.Nested(MistakeSchema))
    left_out = fields.List(fields.String())
