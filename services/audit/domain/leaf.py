"""What the log keeps of an event: a canonical JSON document of pseudonymous facts.

Canonical means: keys sorted, no white space, UTF-8, and no values but strings, whole numbers, and
lists and objects of them. Absent facts are left out. What an event says beyond the facts that
every leaf has is under ``data``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from onward.contracts import access, audit, directory, notification
from onward.contracts.base import Event
from onward.envelope import Envelope
from services.audit.domain.tree import leaf_hash

VERSION: Final = 1
"""Of the leaf format; a reader meets every version ever written."""

Value = str | int | list[str]
Written = Value | UUID
"""What is spelt as a value: orjson writes an id as its text, in less time than Python makes that."""

_LIFTED: Final = {
    "referral_id": "referral",
    "handoff_id": "handoff",
    "service_id": "service",
    "lawful_basis": "basis",
    "purpose": "purpose",
}
"""Fields of events that every leaf has a place of its own for."""
_LEFT_OUT: Final = frozenset({"name", "mailbox"})
"""Names and addresses, of organisations even: what can never be erased holds none."""


class Outcome(StrEnum):
    """How what was asked for ended (as in FHIR's AuditEvent)."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILURE = "failure"


_OUTCOMES: Final = {
    access.AccessRefused.key: Outcome.REFUSED,
    directory.PlaceRefused.key: Outcome.REFUSED,
    notification.MessageGivenUp.key: Outcome.FAILURE,
    audit.TamperingFound.key: Outcome.FAILURE,
    audit.LeafMissing.key: Outcome.FAILURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf as it is stored: the bytes that count, and the few facts the log is searched by."""

    body: bytes
    hash: bytes
    event_id: UUID
    action: str
    """The event's key."""
    occurred: datetime
    principal: str
    organisation: UUID | None
    """Whom the principal acted for."""
    referral: UUID | None


class Stored(NamedTuple):
    """A leaf's row as it is checked: ids as text, for so its content has them."""

    number: int
    body: bytes
    hash: bytes
    event: str
    action: str
    occurred: datetime
    principal: str
    organisation: str | None
    referral: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a leaf says, read back."""

    event: UUID
    source: str
    """The service that told it."""
    sequence: int
    """1, 2, 3, … within source, stream and subject."""
    subject: UUID
    action: str
    who: str
    role: str
    organisation: UUID | None
    outcome: Outcome
    purpose: str | None
    basis: str | None
    occurred: datetime
    recorded: datetime
    referral: UUID | None
    handoff: UUID | None
    service: UUID | None
    data: Mapping[str, Value]

    @property
    def stream(self) -> str:
        """First part of the action's key."""
        return self.action.split(".", 1)[0]

    def party(self, name: str) -> UUID | None:
        """Return the organisation under *name* in the data, such as ``sender``."""
        value = self.data.get(name)
        return UUID(value) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A leaf in its place in the log, as somebody reads it."""

    number: int
    """From 0."""
    facts: Facts
    body: bytes
    hash: bytes


def leaf_of(envelope: Envelope, *, recorded: datetime) -> Leaf:
    """Return the leaf for an event that was *recorded* now."""
    event, actor = envelope.event, envelope.actor
    facts, data = _told(event)
    document: dict[str, Any] = facts | {
        "v": VERSION,
        "event": envelope.id,
        "source": envelope.source,
        "sequence": envelope.sequence,
        "subject": envelope.subject,
        "action": event.key,
        "who": actor.principal,
        "role": actor.role.value,
        "outcome": _OUTCOMES.get(event.key, Outcome.SUCCESS).value,
        "occurred": _moment(envelope.occurred_at),
        "recorded": _moment(recorded),
        "correlation": envelope.correlation_id,
        "data": data,
    }
    if actor.organisation:
        document["organisation"] = actor.organisation
    if envelope.causation_id:
        document["causation"] = envelope.causation_id
    body = canonical(document)
    return Leaf(
        body=body,
        hash=leaf_hash(body),
        event_id=envelope.id,
        action=event.key,
        occurred=envelope.occurred_at,
        principal=actor.principal,
        organisation=actor.organisation,
        referral=_referral(event),
    )


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one spelling of *document* that is hashed."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def read(body: bytes) -> Facts:
    """Return what a leaf says. Raises `ValueError` or `KeyError` when *body* is none of ours."""
    document = orjson.loads(body)
    return Facts(
        event=UUID(document["event"]),
        source=document["source"],
        sequence=document["sequence"],
        subject=UUID(document["subject"]),
        action=document["action"],
        who=document["who"],
        role=document["role"],
        organisation=_uuid(document.get("organisation")),
        outcome=Outcome(document["outcome"]),
        purpose=document.get("purpose"),
        basis=document.get("basis"),
        occurred=datetime.fromisoformat(document["occurred"]),
        recorded=datetime.fromisoformat(document["recorded"]),
        referral=_uuid(document.get("referral")),
        handoff=_uuid(document.get("handoff")),
        service=_uuid(document.get("service")),
        data=document["data"],
    )


def is_whole(leaf: Stored) -> bool:
    """Tell whether a stored leaf's hash and search columns are those its content has.

    Only what is compared is read: the check of the whole log lives by this function's speed.
    """
    try:
        said = orjson.loads(leaf.body)
        return (
            leaf.hash == leaf_hash(leaf.body)
            and said["event"] == leaf.event
            and said["action"] == leaf.action
            and said["who"] == leaf.principal
            and datetime.fromisoformat(said["occurred"]) == leaf.occurred
            and said.get("organisation") == leaf.organisation
            and said.get("referral") == leaf.referral
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _told(event: Event) -> tuple[dict[str, Written], dict[str, Written]]:
    """Return the event's fields: those every leaf has a place for, and the rest."""
    facts: dict[str, Written] = {}
    data: dict[str, Written] = {}
    kind: Any = type(event)
    for name, place in _places(kind):
        if (value := getattr(event, name)) is None:
            continue
        if place:
            facts[place] = _plain(value)
        else:
            data[name] = _plain(value)
    if referral := _referral(event):
        facts["referral"] = referral
    return facts, data


@cache
def _places(made: Any) -> list[tuple[str, str | None]]:
    """Return each field with its place in every leaf; the subject has one already."""
    names = {field.name for field in fields(made)} - _LEFT_OUT
    told = sorted(names - ({made.subject_field} - _LIFTED.keys()))
    return [(name, _LIFTED.get(name)) for name in told]


def _referral(event: Event) -> UUID | None:
    """Return the referral an event is about; a message calls it ``about``."""
    if isinstance(event, notification.MessageEvent):
        return event.about
    found: UUID | None = getattr(event, "referral_id", None)
    return found


def _plain(value: object) -> Written:
    return _PLAIN[type(value)](value)


def _moment(at: datetime) -> str:
    """Return *at* in UTC to the microsecond, always as wide."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _as_it_is(value: Any) -> Any:
    return value


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


_PLAIN: Final[Mapping[type, Callable[[Any], Written]]] = {
    str: _as_it_is,
    UUID: _as_it_is,
    int: _as_it_is,
    bool: lambda value: "true" if value else "false",
    datetime: _moment,
    date: date.isoformat,
    tuple: lambda values: [str(value) for value in values],
}
