"""Schemas at the edge: what strangers may send, field by field, with limits on everything."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import marshmallow as ma
from marshmallow import fields, validate

from onward.ids import quoted

LONGEST_CODE: Final = 64
_CODE: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Override and isolate characters: they make text read as something it is not."""
_YEARS: Final = range(1880, 2200)


class Schema(ma.Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """Unknown fields are refused: a typo must not lose what somebody meant to say."""

        unknown = ma.RAISE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return what *obj* has under *attr*; what is no mapping is not first tried as one."""
        if "." in attr or isinstance(obj, Mapping):
            return super().get_attribute(obj, attr, default)
        return getattr(obj, attr, default)


class Text(fields.String):
    """Text that people wrote: trimmed, composed (NFC), limited, nothing that hides or forges."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own convention
        "empty": "Say something here, or leave the field out.",
        "too_long": "Use {longest} characters at most.",
        "control": "Remove the control characters.",
        "bidi": "Remove the characters that change the direction of text.",
    }

    def __init__(self, max_length: int, *, multiline: bool = False, **options: Any) -> None:
        """Take 1 to *max_length* characters; line breaks and tabs only when *multiline*."""
        metadata = {"maxLength": max_length, "minLength": 1, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)
        self.max_length = max_length
        self.multiline = multiline

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > 2 * self.max_length + 2:
            raise self.make_error("too_long", longest=self.max_length)  # before any work on it
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        if not text:
            raise self.make_error("empty")
        if len(text) > self.max_length:
            raise self.make_error("too_long", longest=self.max_length)
        self._refuse_hidden(text)
        return text

    def _refuse_hidden(self, text: str) -> None:
        visible = text.replace("\n", "").replace("\t", "") if self.multiline else text
        if not visible.isprintable() and any(
            unicodedata.category(character) in {"Cc", "Cs", "Cn"} for character in visible
        ):
            raise self.make_error("control")
        if not _BIDI.isdisjoint(text):
            raise self.make_error("bidi")


class Code(fields.String):
    """A word of a code list: lower case, digits, ``-``, ``_`` or ``.`` between."""

    default_error_messages = {"code": "Use a code of lower-case letters, digits and hyphens."}  # noqa: RUF012

    def __init__(self, *choices: str, **options: Any) -> None:
        """Take one of *choices*, or any code when there are none."""
        if choices:
            options["validate"] = validate.OneOf(choices, error="Use one of: {choices}.")
        super().__init__(**options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        code = super()._deserialize(value, attr, data, **kwargs)
        if len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
            raise self.make_error("code")
        return code


class Whole(fields.Integer):
    """A whole number between two bounds; never a string, a fraction or a truth value."""

    def __init__(self, minimum: int, maximum: int, **options: Any) -> None:
        """Take *minimum* to *maximum*, both included."""
        bounds = validate.Range(minimum, maximum, error="Use a whole number from {min} to {max}.")
        super().__init__(strict=True, validate=bounds, **options)


class Truth(fields.Boolean):
    """JSON's own true or false; never the number or the word that Python takes for one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class UtcDateTime(fields.AwareDateTime):
    """A moment with its offset from UTC (RFC 3339), kept in UTC."""

    default_error_messages = {  # noqa: RUF012
        "invalid_awareness": "Say the offset too, such as 2026-11-21T09:30:00Z.",
        "year": "Use a year from 1880 to 2199.",
    }

    def __init__(self, **options: Any) -> None:
        """Take and give ISO 8601."""
        super().__init__(format="iso", **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        if moment.year not in _YEARS:
            raise self.make_error("year")
        return moment.astimezone(UTC)


class Reference(fields.String):
    """What people quote of a handoff, as `onward.ids.quoted` reads it."""

    default_error_messages = {  # noqa: RUF012
        "reference": "A reference has eight digits and letters from A to F, such as 3F2A-91BC."
    }

    def _deserialize(self, *given: Any, **kwargs: Any) -> bytes:  # type: ignore[override]
        found = quoted(super()._deserialize(*given, **kwargs))
        if found is None:
            raise self.make_error("reference")
        return found


class Many(fields.List[Any]):
    """A list whose length is checked before any of its items is looked at."""

    default_error_messages = {"many": "Send {fewest} to {most} items."}  # noqa: RUF012

    def __init__(
        self, inner: fields.Field[Any], *, most: int, fewest: int = 0, **options: Any
    ) -> None:
        """Take *fewest* to *most* items, each as *inner* says."""
        metadata = {"minItems": fewest, "maxItems": most, **options.pop("metadata", {})}
        super().__init__(inner, metadata=metadata, **options)
        self.fewest, self.most = fewest, most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if isinstance(value, list) and not self.fewest <= len(value) <= self.most:
            raise self.make_error("many", fewest=self.fewest, most=self.most)
        return super()._deserialize(value, attr, data, **kwargs)
