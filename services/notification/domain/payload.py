"""What a webhook carries: ids, codes, times and links of an event, and never anything else."""

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson

from onward.catalogue.fields import EventField, described
from onward.codec import TYPE_PREFIX
from onward.contracts import Event, declared
from onward.ids import new_id
from services.notification.domain.messages import Message

LARGEST: Final = 20_000
"""Bytes a payload stays under (Standard Webhooks)."""
_NAMED: Final = re.compile(r"`([^`]+)`")
_CODE: Final = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
FIELDS: Final = frozenset(
    {
        "acknowledge_by",
        "advice_id",
        "answer_by",
        "appointment_id",
        "attachment_id",
        "attended",
        "based_on",
        "by",
        "cancelled_by",
        "checkpoint_size",
        "code",
        "deadline_id",
        "decided_by",
        "due_at",
        "expires_at",
        "first_wrong_leaf",
        "goal_id",
        "handoff_id",
        "instrument",
        "intent",
        "kind",
        "lapses_at",
        "log_id",
        "message_id",
        "minutes",
        "needs_place",
        "occasion",
        "offer_hours",
        "outcome",
        "outcome_id",
        "place_id",
        "position",
        "progress",
        "reads_on",
        "reason",
        "recipient",
        "referral_id",
        "requested_at",
        "review_due",
        "rung",
        "sender",
        "service_id",
        "sessions",
        "size",
        "starts_at",
        "stay_ends",
        "urgency",
    }
)
"""What may leave the platform. A new field of an event stays inside until it is put here.

Left out on purpose: ``person_id`` and ``needs``, which say something about a person to whoever reads the
receiver's logs, and the names of the fields disclosed.
"""


def facts_of(event: Event) -> bytes:
    """Return the part of *event* that may leave, as JSON; text that is no code stays inside."""
    known = {name: getattr(event, name) for name in _leaving(event.key)}
    return orjson.dumps({name: value for name, value in known.items() if _may_leave(value)})


def made_up(key: str, *, about: UUID, at: datetime) -> dict[str, Any]:
    """Return facts as an event of kind *key* has them, about nobody; ``made_up`` says so.

    Its referral is *about*, its codes are such as the declaration names.
    """
    event = declared()[key]
    facts = {field.name: _example(field, at) for field in described(event) if field.name in FIELDS}
    return {**facts, **({"referral_id": about} if "referral_id" in facts else {}), "made_up": True}


def _example(field: EventField, at: datetime) -> object:
    examples = {UUID: new_id(), datetime: at, date: at.date(), int: 1, bool: True}
    codes = (code for code in _NAMED.findall(field.description) if _CODE.fullmatch(code))
    return examples[field.type] if field.type in examples else next(codes, "example")


def _may_leave(value: object) -> bool:
    """Tell whether *value* is an id, a time, a count or a code, and nothing that somebody typed."""
    if isinstance(value, str):
        return _CODE.fullmatch(value) is not None
    return value is not None


@cache
def _leaving(key: str) -> tuple[str, ...]:
    names = [field.name for field in fields(declared()[key])]  # type: ignore[arg-type]
    return tuple(name for name in names if name in FIELDS)


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


def links_of(public_url: str, *, about: UUID, handoff_id: UUID | None) -> dict[str, str]:
    """Return where the receiver finds more, if it may: each read there is checked and recorded."""
    if handoff_id is None:
        return {}
    return {
        "handoff": f"{public_url}/api/v1/handoffs/{handoff_id}",
        "referral": f"{public_url}/api/v1/referrals/{about}",
        "page": f"{public_url}/referrals/{about}",
    }
