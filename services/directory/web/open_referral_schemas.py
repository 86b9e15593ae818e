"""What the public may ask of the Open Referral listing, and what its answers look like."""

import re
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from onward.web.paging import MOST
from onward.web.schemas import Schema, Text

DEFAULT: Final = 50
OLDEST: Final = 150
FURTHEST: Final = 500_000
"""Metres: more is no distance to go."""
PAGES: Final = 100_000
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})?")
_CLOCK: Final = re.compile(r"(([01][0-9]|2[0-3]):[0-5][0-9](:00)?|24:00(:00)?)")
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _number(most: int, *, least: int = 0, **options: Any) -> fields.Integer:
    bounds = validate.Range(least, most, error="Use a whole number from {min} to {max}.")
    return fields.Integer(
        validate=bounds, error_messages={"invalid": "Use a whole number."}, **options
    )


class Clock(fields.String):
    """A time of day, such as ``09:30``; seconds are taken and have to be 00."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own convention
        "clock": "Write a time of 24 hours, such as 09:30 or 24:00."
    }

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = super()._deserialize(value, *rest, **more).strip()
        if not _CLOCK.fullmatch(text):
            raise self.make_error("clock")
        return text[:5]


class Day(fields.String):
    """A day of the week, in full, in three letters, or in two as RFC 5545 writes it."""

    default_error_messages = {  # noqa: RUF012
        "day": "Name a day of the week, such as MO, mon or Monday."
    }

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = super()._deserialize(value, *rest, **more).strip().lower()
        for day in _DAYS:
            if text in {day, day[:3], day[:2]}:
                return day[:3]
        raise self.make_error("day")


class Postcode(fields.String):
    """A postcode, or the first half of one, in any case of letters."""

    default_error_messages = {  # noqa: RUF012
        "postcode": "Write a postcode or its first half, such as OX3 9DU or OX3."
    }

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = super()._deserialize(value, *rest, **more).strip().upper()
        found = _POSTCODE.fullmatch(text)
        if not found:
            raise self.make_error("postcode")
        return f"{found[1]} {found[2]}" if found[2] else found[1]


class PageOfQuery(Schema):
    """Which page of a list."""

    page = _number(PAGES, least=1, load_default=1)
    per_page = _number(MOST, least=1, load_default=DEFAULT)


class ListingQuery(PageOfQuery):
    """Which services, or places of services, to list."""

    search = Text(100, metadata={"description": "Words of the name or the description, each."})
    taxonomy_term_id = fields.UUID(metadata={"description": "A term of /taxonomy_terms."})
    taxonomy_id = fields.UUID(metadata={"description": "Any term of this taxonomy."})
    minimum_age = _number(
        OLDEST, metadata={"description": "A least age of so many years or more."}
    )
    maximum_age = _number(OLDEST, metadata={"description": "A greatest age of so many or fewer."})
    start_time = Clock(metadata={"description": "Hours that begin then or later."})
    end_time = Clock(metadata={"description": "Hours that end then or earlier."})
    day = Day(metadata={"description": "Hours on this day: MO, mon or Monday."})
    postcode = Postcode(metadata={"description": "Services for people there, or of unknown area."})
    proximity = _number(
        FURTHEST, least=1, metadata={"description": "So many metres from the postcode at most."}
    )

    @validates_schema
    def _require_postcode(self, data: dict[str, Any], **_: Any) -> None:
        if "proximity" in data and "postcode" not in data:
            raise ValidationError("Give the postcode from which it is counted.", "proximity")
        if data.get("minimum_age", 0) > data.get("maximum_age", OLDEST):
            raise ValidationError("Make this no more than maximum_age.", "minimum_age")


class ListingSchema(Schema):
    """One page of a list."""

    total_items = fields.Integer()
    total_pages = fields.Integer()
    page_number = fields.Integer()
    size = fields.Integer(metadata={"description": "Entries on this page."})
    first_page = fields.Boolean()
    last_page = fields.Boolean()
    empty = fields.Boolean()
    contents = fields.List(fields.Dict())


class EntrySchema(Schema):
    """One entry, as Open Referral UK 3.0 describes it."""

    id = fields.UUID()
    name = fields.String()


class AboutSchema(Schema):
    """What this API is."""

    version = fields.String(metadata={"example": "3.0"})
    profile = fields.Url()
    openapi_url = fields.Url()
