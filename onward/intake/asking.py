"""Put what a partner's event asks to the service's own application, in the sender's name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Flask
from werkzeug.test import Client, TestResponse

from onward.contracts.intake import PartnerEvent
from onward.errors import FieldError, MalformedError
from onward.identity import Actor
from onward.web.callers import VOUCHED_FOR
from onward.web.context import Caller
from onward.web.idempotency import HEADER as IDEMPOTENCY

_FIELD: Final = re.compile(r"{(\w+)}")
VERSION: Final = "version"
"""The member of the data that says on which version the sender decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the application answered."""

    status: int
    location: str | None
    version: int | None
    document: Mapping[str, Any]
    """Its JSON: a problem document where the status says so."""

    @property
    def accepted(self) -> bool:
        """Whether what was asked is done."""
        return self.status < HTTPStatus.BAD_REQUEST


def ask(
    app: Flask, event: PartnerEvent, data: Mapping[str, Any], *, by: Actor, once: str
) -> Outcome:
    """Return what *app* answers to what *event* with *data* stands for; under *once* it happens once.

    Raises `MalformedError` ``event-malformed`` where a field that the address needs is missing or no id.
    """
    names = _FIELD.findall(event.path)
    body = {name: value for name, value in data.items() if name not in names}
    places = _places(event, names, data)
    client = Client(app)
    caller = {VOUCHED_FOR: Caller(actor=by, session=None)}
    headers = {IDEMPOTENCY: once}
    if event.newest:
        version = _version(body)
        if version is None:
            seen = client.get(event.newest.format(**places), environ_overrides=caller)
            if seen.status_code != HTTPStatus.OK:
                return _outcome(seen, data)
            version = seen.headers["ETag"].strip('"')
        headers["If-Match"] = f'"{version}"'
    answer = client.open(
        event.path.format(**places),
        method=event.method,
        data=orjson.dumps(body),
        content_type="application/json",
        headers=headers,
        environ_overrides=caller,
    )
    return _outcome(answer, data)


def _places(event: PartnerEvent, names: Iterable[str], data: Mapping[str, Any]) -> dict[str, str]:
    """Return what fills the address, and points at each field that cannot."""
    wrong = [
        FieldError(pointer=f"/data/{name}", detail=mistake)
        for name in names
        if (mistake := _mistake(data.get(name), event.codes.get(name)))
    ]
    if wrong:
        raise _malformed(wrong)
    return {name: str(data[name]) for name in names}


def _mistake(value: Any, codes: Sequence[str] | None) -> str | None:
    if codes:
        return None if value in codes else f"Use one of: {', '.join(codes)}."
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        return "Send the id of what is meant, as you were told it."
    return None


def _version(body: dict[str, Any]) -> str | None:
    value = body.pop(VERSION, None)
    if value is not None and type(value) is not int:
        wrong = FieldError(pointer=f"/data/{VERSION}", detail="Send the number you were told.")
        raise _malformed([wrong])
    return None if value is None else str(value)


def _malformed(wrong: Sequence[FieldError]) -> MalformedError:
    return MalformedError("event-malformed", "Something is wrong in the event.", errors=wrong)


def _outcome(answer: TestResponse, data: Mapping[str, Any]) -> Outcome:
    tag = answer.headers.get("ETag", "").strip('"')
    body = answer.get_data()
    document = orjson.loads(body) if body else {}
    missing = f"{document.get('missing')}_id"
    if answer.status_code == HTTPStatus.NOT_FOUND and missing in data:
        unknown = "There is nothing under this that you may see."
        document["errors"] = [{"pointer": f"/{missing}", "detail": unknown}]
    return Outcome(
        status=answer.status_code,
        location=answer.headers.get("Location"),
        version=int(tag) if tag.isdecimal() else None,
        document=document,
    )
