"""What a webhook carries: ids, codes, times and links of an event, and never anything else."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import orjson

from onward.catalogue.examples import CODE
from onward.codec import TYPE_PREFIX
from onward.contracts import Event
from onward.contracts.partners import fields_told
from services.notification.domain.messages import Message

LARGEST: Final = 20_000
"""Bytes a payload stays under (Standard Webhooks)."""


def facts_of(event: Event) -> bytes:
    """Return the part of *event* that may leave, as JSON; text that is no code stays inside."""
    known = {name: getattr(event, name) for name in fields_told(type(event))}
    return orjson.dumps({name: value for name, value in known.items() if _may_leave(value)})


def _may_leave(value: object) -> bool:
    """Tell whether *value* is an id, a time, a count or a code, and nothing that somebody typed."""
    if isinstance(value, str):
        return CODE.fullmatch(value) is not None
    return value is not None


def body_of(*, key: str, occurred_at: datetime, facts: bytes, links: Mapping[str, str]) -> bytes:
    """Return the payload: the same bytes at every attempt, smaller than `LARGEST`."""
    return orjson.dumps(
        {
            "type": key,
            "timestamp": occurred_at.astimezone(UTC).isoformat(),
            "data": orjson.Fragment(facts),
            "links": links,
        }
    )


def event_of(message: Message, *, source: str, links: Mapping[str, str]) -> bytes:
    """Return *message* as a partner's queue carries it: a CloudEvent in structured mode."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": message.event_id,
            "source": source,
            "type": TYPE_PREFIX + message.key,
            "subject": message.about,
            "time": message.occurred_at.astimezone(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": {"facts": orjson.Fragment(message.facts or b"{}"), "links": links},
        }
    )
