"""The JSON Schema of an opening document, for editors that complete and check while one types.

It says everything about the shape; that hours do not overlap, that days exist and that a session's rule
makes its first day, `reading` says alone.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from services.directory.domain.documents import LONGEST
from services.directory.domain.opening.reading import MOST, MOST_SPANS, SHORTEST
from services.directory.domain.opening.times import DAY, DAYS

Document = dict[str, Any]
SENTENCE: Final[Document] = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST,
    "pattern": r"\S",
}
CLOCK: Final[Document] = {
    "type": "string",
    "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    "description": "A time of 24 hours, in quotes.",
}
DATE: Final[Document] = {"type": "string", "pattern": "^2[0-9]{3}-[0-9]{2}-[0-9]{2}$"}
SPAN: Final[Document] = {"from": CLOCK, "to": CLOCK}


@cache
def schema() -> Mapping[str, Any]:
    """Return the schema (JSON Schema, draft 2020-12)."""
    shape = _object(
        {
            "time_zone": {"type": "string", "default": "Europe/London"},
            "always": {"type": "boolean", "description": "Day and night."},
            "weekly": _list(_object({"days": _days(), **SPAN}, required=["days", "from", "to"])),
            "sessions": _list(_session()),
            "bank_holidays": {
                "anyOf": [{"enum": ["closed", "as_usual", None]}, _spans()],
                "description": "Without it nobody knows about those days.",
            },
            "exceptions": _list(_exception()),
            "unstated": _list(SENTENCE) | {"description": "What the source leaves open."},
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "When a service is open",
        **shape,
    }


def _days() -> Document:
    return {"type": "array", "items": {"enum": list(DAYS)}, "minItems": 1, "maxItems": len(DAYS)}


def _session() -> Document:
    return _object(
        {
            "name": SENTENCE,
            "rule": {"type": "string", "pattern": "^FREQ=(DAILY|WEEKLY|MONTHLY)(;|$)"},
            "starts": {"type": "string", "pattern": "^[0-9-]{10}T[0-9]{2}:[0-9]{2}$"},
            "minutes": {"type": "integer", "minimum": SHORTEST, "maximum": DAY},
        },
        required=["rule", "starts", "minutes"],
    )


def _exception() -> Document:
    closed: Document = {"required": ["closed"]}
    shape = _object(
        {
            "day": DATE,
            "to": DATE,
            "closed": {"const": True},
            "hours": _spans(),
            "says": SENTENCE,
        },
        required=["day"],
    )
    return shape | {"oneOf": [closed, {"required": ["hours"]}]}


def _spans() -> Document:
    return _list(_object(SPAN, required=["from", "to"]), most=MOST_SPANS) | {"minItems": 1}


def _list(items: Document, *, most: int = MOST) -> Document:
    return {"type": "array", "items": items, "maxItems": most}


def _object(properties: Mapping[str, Any], *, required: list[str] | None = None) -> Document:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required or [],
        "additionalProperties": False,
    }
