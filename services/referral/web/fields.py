"""Fields of the referral API that no other service has: pack values and NHS numbers."""

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from onward.errors import InvalidError
from onward.web.schemas import Text
from services.referral.domain.pack import Value
from services.referral.domain.person import checked_nhs_number

MOST_SECTIONS: Final = 30
MOST_FIELDS: Final = 50
MOST_ITEMS: Final = 50
LONGEST: Final = 4_000
LARGEST: Final = 10**9
_NAME: Final = re.compile(r"[a-z]+(?:[_-][a-z]+)*")
"""Names of sections and fields are told to others, so they cannot hold a number or a name's capital."""
_LONGEST_NAME: Final = 40


class NhsNumber(fields.String):
    """An NHS number, with or without spaces; kept as ten digits."""

    default_error_messages = {"nhs": "Check the NHS number: its check digit does not fit."}  # noqa: RUF012

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return checked_nhs_number(text)
        except InvalidError:
            raise self.make_error("nhs") from None


class PackSections(fields.Field[dict[str, dict[str, Value]]]):
    """What there is to tell: ``{section: {field: value}}``."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own convention
        "shape": 'Send sections as {{"section": {{"field": value}}}}.',
        "many": "Send fewer sections or fields.",
        "name": "Name sections and fields in lower-case letters, with _ or - between words.",
        "value": "Use text, a whole number, true or false, or a list of texts as a value.",
    }

    def __init__(self, **options: Any) -> None:
        """Describe itself for OpenAPI."""
        example = {"housing": {"summary": "No home to return to since the tenancy ended in May."}}
        metadata = {
            "type": "object",
            "additionalProperties": {"type": "object"},
            "example": example,
            **options.pop("metadata", {}),
        }
        super().__init__(metadata=metadata, **options)
        self._text = Text(LONGEST, multiline=True)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, dict[str, Value]]:
        if not isinstance(value, dict):
            raise self.make_error("shape")
        if len(value) > MOST_SECTIONS:
            raise self.make_error("many")
        return {self._name(section): self._fields(told) for section, told in value.items()}

    def _fields(self, told: Any) -> dict[str, Value]:
        if not isinstance(told, dict) or not told:
            raise self.make_error("shape")
        if len(told) > MOST_FIELDS:
            raise self.make_error("many")
        return {self._name(name): self._value(value) for name, value in told.items()}

    def _name(self, name: str) -> str:
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise self.make_error("name")
        return name

    def _value(self, value: Any) -> Value:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and abs(value) <= LARGEST:
            return value
        if isinstance(value, list) and 0 < len(value) <= MOST_ITEMS:
            return [self._said(item) for item in value]
        if isinstance(value, str):
            return self._said(value)
        raise self.make_error("value")

    def _said(self, value: Any) -> str:
        text: str = self._text.deserialize(value)
        return text
