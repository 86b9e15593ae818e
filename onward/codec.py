"""The wire format: CloudEvents 1.0, structured mode, as JSON bytes.

Decoders are compiled once per event from its declaration. They check as strictly as the marshmallow schemas
that guard the edges, at a tenth of the cost, because every internal event passes here.
"""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

import onward.contracts  # noqa: F401 - declares every event
from onward.contracts.base import Event, declared_as
from onward.envelope import Envelope
from onward.errors import Poison
from onward.identity import Actor, Role

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "uk.onward."
LARGEST = 256 * 1024
"""Bytes of one event: what every edge of the platform, and the broker, takes at most."""
SEQUENCE_AT = len('{"specversion":"1.0","sequence":"')
"""Where in an event's bytes its number in its line stands, in ten digits: `onward.outbox` writes it there."""
Convert = Callable[[Any], Any]
Data = Mapping[str, Any]
Upcaster = Callable[[Data], Data]

_VISIBLE = re.compile(r"[!-~]{1,200}")
"""What a source or a key is made of: it can be stored, logged and shown as it is."""
_MOST = 2**63
_WRONG = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""Whatever a value of the wrong kind may raise on its way into an event."""

_uuid = lru_cache(maxsize=8192)(UUID)
"""Parties, services and subjects come again and again, within one event and from one to the next."""
_upcasters: dict[str, tuple[str, Upcaster]] = {}


class UndecodableError(Poison):
    """The bytes are no event we can read. Carries what could be read of its identity."""

    def __init__(self, code: str, identity: "Identity | None" = None) -> None:
        """Say why with *code*; *identity* is known when only the data was wrong."""
        super().__init__(code)
        self.identity = identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Enough of an event to keep its place in its line, whether or not its data can be read."""

    id: UUID
    source: str
    key: str
    subject: UUID
    sequence: int

    @property
    def line(self) -> tuple[str, str, UUID]:
        """What order holds within: source, stream and subject."""
        return self.source, self.key.split(".", 1)[0], self.subject


def upcaster(old: str, new: str) -> Callable[[Upcaster], Upcaster]:
    """Register a function that turns the data of key *old* into that of key *new*."""

    def register(function: Upcaster) -> Upcaster:
        _upcasters[old] = (new, function)
        return function

    return register


def encode(envelope: Envelope) -> bytes:
    """Return *envelope* as a CloudEvents JSON document."""
    event = envelope.event
    document: dict[str, Any] = {
        "specversion": "1.0",
        "sequence": f"{envelope.sequence:010d}",
        "id": str(envelope.id),
        "source": f"/{envelope.source}",
        "type": TYPE_PREFIX + event.key,
        "subject": str(envelope.subject),
        "time": envelope.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "correlationid": str(envelope.correlation_id),
        "actor": envelope.actor.principal,
        "actorrole": envelope.actor.role.value,
        "data": {
            field.name: value
            for field in fields(event)  # type: ignore[arg-type]
            if (value := getattr(event, field.name)) is not None
        },
    }
    if envelope.causation_id:
        document["causationid"] = str(envelope.causation_id)
    if envelope.actor.organisation:
        document["actororganisation"] = str(envelope.actor.organisation)
    if envelope.traceparent:
        document["traceparent"] = envelope.traceparent
    return orjson.dumps(document)


def decode(body: bytes) -> Envelope:
    """Return the envelope that *body* holds, its data brought up to the newest version.

    Raises `UndecodableError` with the code ``broken-json``, ``not-cloudevents``, ``unknown-type`` or
    ``wrong-schema``.
    """
    document = _document(body)
    identity = _identity(document)
    event = _event(identity, document.get("data"))
    try:
        organisation = document.get("actororganisation")
        causation = document.get("causationid")
        return Envelope(
            id=identity.id,
            source=identity.source,
            sequence=identity.sequence,
            occurred_at=_datetime(document["time"]),
            correlation_id=_uuid(document["correlationid"]),
            causation_id=_uuid(causation) if causation else None,
            actor=Actor(
                principal=_text(document["actor"]),
                organisation=_uuid(organisation) if organisation else None,
                role=Role(document["actorrole"]),
            ),
            traceparent=_text(document["traceparent"]) if "traceparent" in document else None,
            event=event,
        )
    except _WRONG:
        raise UndecodableError("not-cloudevents", identity) from None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UndecodableError("broken-json") from None
    if not isinstance(document, dict):
        raise UndecodableError("not-cloudevents")
    return document


def _identity(document: Data) -> Identity:
    if document.get("specversion") != "1.0":
        raise UndecodableError("not-cloudevents")
    try:
        return Identity(
            id=UUID(document["id"]),
            source=_visible(document["source"]).removeprefix("/"),
            key=_visible(document["type"]).removeprefix(TYPE_PREFIX),
            subject=_uuid(document["subject"]),
            sequence=_ordinal(document["sequence"]),
        )
    except _WRONG:
        raise UndecodableError("not-cloudevents") from None


def _event(identity: Identity, data: object) -> Event:
    if not isinstance(data, dict):
        raise UndecodableError("wrong-schema", identity)
    try:
        key, newest = _upcast(identity.key, data)
        made = declared_as(key)
        if made is None:
            raise UndecodableError("unknown-type", identity)
        event = _decoder(made)(newest)  # type: ignore[arg-type] # a class is hashable
    except _WRONG:
        raise UndecodableError("wrong-schema", identity) from None
    if event.subject != identity.subject:
        raise UndecodableError("wrong-schema", identity)
    return event


def _upcast(key: str, data: Data) -> tuple[str, Data]:
    while key in _upcasters:
        key, function = _upcasters[key]
        data = function(data)
    return key, data


@cache
def _decoder(made: Any) -> Callable[[Data], Event]:
    hints = get_type_hints(made)
    converters: dict[str, Convert] = {}
    required: set[str] = set()
    for field in fields(made):
        converters[field.name] = converter(hints[field.name])
        if field.default is MISSING and field.default_factory is MISSING:
            required.add(field.name)

    def decode_data(data: Data) -> Event:
        if not required <= data.keys():
            raise ValueError("a required field is missing")
        # Unknown fields are additions of a newer producer within the same version: ignored, by contract.
        event: Event = made(
            **{name: convert(data[name]) for name, convert in converters.items() if name in data}
        )
        return event

    return decode_data


def converter(hint: Any) -> Convert:
    """Return the function that checks one JSON value and converts it to the type *hint*."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        convert = converter(inner)
        return lambda value: None if value is None else convert(value)
    if origin is tuple:
        convert = converter(arguments[0])
        return lambda value: tuple(convert(item) for item in _list(value))
    return _SCALARS[hint]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _visible(value: Any) -> str:
    if not _VISIBLE.fullmatch(value):
        raise ValueError
    return _text(value)


def _ordinal(value: Any) -> int:
    if not (_text(value).isascii() and value.isdigit() and 0 < int(value) < _MOST):
        raise ValueError
    return int(value)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _datetime(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


_SCALARS: dict[Any, Convert] = {
    UUID: _uuid,
    str: _text,
    int: _whole,
    bool: _truth,
    datetime: _datetime,
    date: date.fromisoformat,
}
