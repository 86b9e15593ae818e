"""What leaves the platform for partners' systems: which events, and which of their fields."""

from dataclasses import fields
from functools import cache
from typing import Final
from uuid import UUID

from onward.contracts import audit, directory
from onward.contracts.base import Event, declared

_STEPS: Final = "referral"
"""Every step of a handoff, or of a question for advice, is told to both sides."""
_ALSO: Final = frozenset({directory.PlaceRefused, audit.TamperingFound})
LEAVES: Final = frozenset(
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


def told_outside() -> tuple[type[Event], ...]:
    """Return the events that partners' systems can hear, by webhook or on their queue, in order of key."""
    told = (event for event in declared().values() if event.stream == _STEPS or event in _ALSO)
    return tuple(sorted(told, key=lambda event: event.key))


def fields_told(event: type[Event]) -> tuple[str, ...]:
    """Return the fields of *event* that partners' systems get, where they hold anything."""
    return _fields_told(event.key)


@cache
def _fields_told(key: str) -> tuple[str, ...]:
    names = [field.name for field in fields(declared()[key])]  # type: ignore[arg-type]
    return tuple(name for name in names if name in LEAVES)


def links_of(public_url: str, *, about: UUID, handoff_id: UUID | None) -> dict[str, str]:
    """Return where the receiver finds more, if it may: each read there is checked and recorded."""
    if handoff_id is None:
        return {}
    return {
        "handoff": f"{public_url}/api/v1/handoffs/{handoff_id}",
        "referral": f"{public_url}/api/v1/referrals/{about}",
        "page": f"{public_url}/referrals/{about}",
    }
