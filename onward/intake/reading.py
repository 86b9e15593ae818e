"""Read what a partner sent: whose it is, a CloudEvent in structured mode, its data in the open or sealed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from onward.broker import Incoming
from onward.codec import LARGEST, TYPE_PREFIX
from onward.contracts.intake import PartnerEvent
from onward.errors import FieldError, InvalidError, MalformedError
from onward.intake.sealing import MEDIA_TYPE, unseal
from onward.web.strict_json import load_json

_VISIBLE: Final = re.compile(r"[!-~]{1,100}")
_FIELD: Final = re.compile(r"[a-z]+(_[a-z]+)*")
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whose message it is: the broker saw the user, and let them write under this key."""

    organisation: UUID
    name: str
    """Of the event, as the routing key has it."""
    client_id: str | None
    """The broker's user; None where the message does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A partner's event as it can be read before its data is looked at."""

    id: str
    source: str
    media_type: str
    data: Any


def sender_of(message: Incoming) -> Sender | None:
    """Return whose *message* is, None where its key names no organisation: nobody can be answered."""
    organisation, _, name = message.key.partition(".")
    try:
        return Sender(organisation=UUID(organisation), name=name, client_id=message.sender)
    except ValueError:
        return None


def document_in(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object that *body* holds.

    Raises `MalformedError` with ``event-too-large`` or ``event-malformed``, or as `load_json` does.
    """
    if len(body) > LARGEST:
        raise MalformedError("event-too-large", f"Send {LARGEST} bytes at most.")
    document = load_json(body)
    if not isinstance(document, dict):
        raise MalformedError("event-malformed", "Send a CloudEvent as one JSON object.")
    return document


def id_in(document: Mapping[str, Any]) -> str | None:
    """Return the id that the sender gave the event, if it is one."""
    return _text(document, "id") or None


def read(document: Mapping[str, Any], name: str) -> Heard:
    """Return the event that *document* is, sent under *name*.

    Raises `MalformedError` with ``event-malformed`` and the path of each mistake.
    """
    heard = Heard(
        id=_text(document, "id"),
        source=_text(document, "source"),
        media_type=document.get("datacontenttype", _JSON),
        data=document.get("data"),
    )
    wrong = [
        FieldError(pointer=f"/{attribute}", detail=detail)
        for attribute, good, detail in (
            ("specversion", document.get("specversion") == "1.0", "Send 1.0."),
            ("id", bool(heard.id), _visible("an id that is yours alone to give")),
            ("source", bool(heard.source), _visible("what sends it")),
            ("type", _type(document) == name, f"Send {TYPE_PREFIX}{name}, as the key says."),
            (
                "time",
                _is_moment(document.get("time")),
                "Send a moment as RFC 3339 writes it, or none.",
            ),
            ("datacontenttype", heard.media_type in (_JSON, MEDIA_TYPE), _kinds()),
        )
        if not good
    ]
    if wrong:
        raise MalformedError(
            "event-malformed", "This is no CloudEvent as we read it.", errors=wrong
        )
    return heard


def data_of(heard: Heard, event: PartnerEvent, secret_key: str) -> dict[str, Any]:
    """Return what the event says.

    Raises `MalformedError` as `load_json` or with ``event-malformed``, and `InvalidError` with
    ``event-sealed`` or ``personal-details-in-the-open``.
    """
    data = heard.data
    if heard.media_type == MEDIA_TYPE:
        data = load_json(unseal(secret_key, data if isinstance(data, str) else ""))
    if not isinstance(data, dict):
        error = FieldError(pointer="/data", detail="Send one JSON object.")
        raise MalformedError("event-malformed", "Something is wrong in the event.", errors=[error])
    if heard.media_type != MEDIA_TYPE:
        _require_readable(data, event)
    return data


def _require_readable(data: Mapping[str, Any], event: PartnerEvent) -> None:
    """Refuse what may be about a person where the broker can read it."""
    hidden = data.keys() - {*event.readable}
    if hidden:
        readable = ", ".join(event.readable)
        # What is no field's name may be anything, a person's name too: it is not said again.
        named = sorted({f"/data/{each}" if _FIELD.fullmatch(each) else "/data" for each in hidden})
        raise InvalidError(
            "personal-details-in-the-open",
            f"Seal the data: in the open only these may travel: {readable or 'none'}.",
            errors=[
                FieldError(pointer=pointer, detail="Seal this, or leave it out.")
                for pointer in named
            ],
        )


def _text(document: Mapping[str, Any], attribute: str) -> str:
    value = document.get(attribute)
    return value if isinstance(value, str) and _VISIBLE.fullmatch(value) else ""


def _is_moment(value: Any) -> bool:
    """Tell whether *value* is a moment with its offset, or was left out."""
    if value is None:
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _type(document: Mapping[str, Any]) -> str:
    return str(document.get("type")).removeprefix(TYPE_PREFIX)


def _visible(what: str) -> str:
    return f"Send {what}: 1 to 100 visible ASCII characters."


def _kinds() -> str:
    return f"Send {_JSON}, or {MEDIA_TYPE} for sealed data."
