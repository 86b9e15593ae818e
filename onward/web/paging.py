"""Lists page by page: an opaque signed cursor that says where the next page begins."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import orjson
from flask import g, request
from marshmallow import fields, validate

from onward.web.context import current_running
from onward.web.keys import derived_key
from onward.web.schemas import Schema

DEFAULT_LIMIT: Final = 50
MOST: Final = 200
_LONGEST: Final = 1024
_MAC: Final = 16
T = TypeVar("T")


class After(fields.Field[list[Any]]):
    """A cursor, as the last page's ``Link`` gave it."""

    default_error_messages = {"after": "Use the link of the page before, as it is."}  # noqa: RUF012

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Any]:
        position = _read(value) if isinstance(value, str) else None
        if position is None:
            raise self.make_error("after")
        return position


class PageQuery(Schema):
    """The query of a list; subclasses add filters."""

    after = After(
        metadata={"type": "string", "description": "Take it from the page before's Link."}
    )
    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MOST, error="Use a whole number from {min} to {max}."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is wanted."""

    after: Sequence[Any] | None
    """What `cut`'s key gave for the last item of the page before; None for the first page."""
    limit: int

    @property
    def after_one(self) -> Any:
        """Where a list is in the order of one thing: what that is of the last item of the page before."""
        return self.after[0] if self.after else None

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Page":
        """Return the page that a loaded `PageQuery` asks for."""
        return cls(after=query.get("after"), limit=query["limit"])

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than wanted tells whether there is a next page."""
        return self.limit + 1

    def cut(self, rows: Sequence[T], key: Callable[[T], Sequence[Any]]) -> Sequence[T]:
        """Return the page's own rows, and send a ``Link`` to the next page when there are more.

        *key* gives the JSON values that the list is ordered by, unique in the end.
        """
        if len(rows) <= self.limit:
            return rows
        page = rows[: self.limit]
        g.link = f'<{next_url(key(page[-1]))}>; rel="next"'
        return page


def next_url(position: Sequence[Any]) -> str:
    """Return this request's address with the cursor behind *position*."""
    query = {**request.args.to_dict(flat=False), "after": [_write(position)]}
    address = f"{current_running().settings.public_url}{request.path}"
    return f"{address}?{urlencode(query, doseq=True)}"


def _write(position: Sequence[Any]) -> str:
    said = orjson.dumps(list(position), default=str)
    return base64.urlsafe_b64encode(_mac(said) + said).decode().rstrip("=")


def _read(cursor: str) -> list[Any] | None:
    if len(cursor) > _LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return None
    mac, said = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(said)):
        return None
    position: list[Any] = orjson.loads(said)
    return position


def _mac(said: bytes) -> bytes:
    """Sign for this list only: a cursor of one list is nonsense in another."""
    key = derived_key(current_running().settings.secret_key, "cursor")
    return hmac.digest(key, request.path.encode() + b"\0" + said, "sha256")[:_MAC]
