"""Events as partners' systems get them, made up about nobody."""

import re
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from onward.catalogue.fields import EventField, described
from onward.codec import TYPE_PREFIX
from onward.contracts.base import Event
from onward.contracts.partners import LEAVES, links_of
from onward.ids import new_id

CODE: Final = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
"""What text may leave the platform: no sentence, no name."""
_NAMED: Final = re.compile(r"`([^`]+)`")
_AT: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def made_up(event: type[Event], *, about: UUID, at: datetime) -> dict[str, Any]:
    """Return facts as *event* has them, about nobody; ``made_up`` says so.

    Its referral is *about*, its codes are such as the declaration names.
    """
    facts = {field.name: _example(field, at) for field in described(event) if field.name in LEAVES}
    return {**facts, **({"referral_id": about} if "referral_id" in facts else {}), "made_up": True}


def webhook_example(event: type[Event], origin: str) -> dict[str, Any]:
    """Return the body of a webhook's call."""
    facts, links = _told(event, origin)
    return {"type": event.key, "timestamp": _AT, "data": facts, "links": links}


def queue_example(event: type[Event], origin: str) -> dict[str, Any]:
    """Return what arrives on a partner's queue."""
    facts, links = _told(event, origin)
    return {
        "specversion": "1.0",
        "id": new_id(),
        "source": origin,
        "type": TYPE_PREFIX + event.key,
        "subject": facts.get("referral_id", new_id()),
        "time": _AT,
        "datacontenttype": "application/json",
        "data": {"facts": facts, "links": links},
    }


def _told(event: type[Event], origin: str) -> tuple[dict[str, Any], dict[str, str]]:
    referral = new_id()
    facts = made_up(event, about=referral, at=_AT)
    return facts, links_of(origin, about=referral, handoff_id=facts.get("handoff_id"))


def _example(field: EventField, at: datetime) -> object:
    examples = {UUID: new_id(), datetime: at, date: at.date(), int: 1, bool: True}
    codes = (code for code in _NAMED.findall(field.description) if CODE.fullmatch(code))
    return examples[field.type] if field.type in examples else next(codes, "example")
