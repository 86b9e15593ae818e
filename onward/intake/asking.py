"""Put what a partner's event asks to the service's own application, in the sender's name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Flask
from werkzeug.test import Client, TestResponse

from onward.errors import FieldError, MalformedError
from onward.identity import Actor
from onward.service import PartnerEvent
from onward.web.callers import VOUCHED_FOR
from onward.web.context import Caller
from onward.web.idempotency import HEADER as IDEMPOTENCY

_FIELD: Final = re.compile(r"{(\w+)}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
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

    Raises `MalformedError` ``event-malformed`` where a field that the address needs is missing.
    """
    body = dict(data)
    places = {name: _segment(body, name) for name in _FIELD.findall(event.path)}
    client = Client(app)
    caller = {VOUCHED_FOR: Caller(actor=by, session=None)}
    headers = {IDEMPOTENCY: once}
    if event.newest:
        version = _version(body)
        if version is None:
            seen = client.get(event.newest.format(**places), environ_overrides=caller)
            if seen.status_code != HTTPStatus.OK:
                return _outcome(seen)
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
    return _outcome(answer)


def _segment(body: dict[str, Any], name: str) -> str:
    value = body.pop(name, None)
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value):
        raise _malformed(name, "Send the id or code of what is meant.")
    return value


def _version(body: dict[str, Any]) -> str | None:
    value = body.pop(VERSION, None)
    if value is not None and type(value) is not int:
        raise _malformed(VERSION, "Send the number you were told.")
    return None if value is None else str(value)


def _malformed(name: str, detail: str) -> MalformedError:
    error = FieldError(pointer=f"/data/{name}", detail=detail)
    return MalformedError("event-malformed", "Something is wrong in the event.", errors=[error])


def _outcome(answer: TestResponse) -> Outcome:
    tag = answer.headers.get("ETag", "").strip('"')
    body = answer.get_data()
    return Outcome(
        status=answer.status_code,
        location=answer.headers.get("Location"),
        version=int(tag) if tag.isdecimal() else None,
        document=orjson.loads(body) if body else {},
    )
