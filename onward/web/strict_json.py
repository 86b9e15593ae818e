"""Read JSON that a stranger sent: one meaning or none, and no more work than its size is worth."""

import json
import math
import re
from typing import Any, Final, NoReturn

from onward.errors import MalformedError

MAX_DEPTH: Final = 32
MAX_KEYS: Final = 500
MAX_CONTAINERS: Final = 5_000
"""Objects and lists: far more than 500 keys can need, far fewer than 256 KiB can hold."""
MAX_DIGITS: Final = 18
"""Whole numbers beyond this would not fit the database's 64 bits."""

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_OPENING: Final = frozenset(b"[{")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_SUSPICIOUS: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def load_json(body: bytes) -> Any:
    """Return what *body* says.

    Raises `MalformedError` with ``json-not-utf8``, ``json-broken``, ``json-too-deep``,
    ``json-too-many-keys``, ``json-too-many-lists``, ``json-duplicate-key``, ``json-number`` or
    ``json-text``. Tells no value.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("json-not-utf8", "Send the body as UTF-8.") from None
    _require_shallow(body)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_Objects(),
            parse_constant=_refuse_constant,
            parse_float=_number,
            parse_int=_whole_number,
        )
    except json.JSONDecodeError as error:
        raise MalformedError(
            "json-broken",
            f"The body is not JSON: look at line {error.lineno}, column {error.colno}.",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if _SUSPICIOUS.search(body):
        _require_storable(value)
    return value


class _Objects:
    """Builds objects while it counts their keys and refuses one given twice."""

    def __init__(self) -> None:
        self._keys = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._keys += len(pairs)
        if self._keys > MAX_KEYS:
            raise MalformedError("json-too-many-keys", f"Send {MAX_KEYS} keys at most.")
        made = dict(pairs)
        if len(made) != len(pairs):
            raise MalformedError("json-duplicate-key", "Send each key once in an object.")
        return made


def _require_shallow(body: bytes) -> None:
    """Refuse deep nesting before the parser recurses into it."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in _OPENING else -1
        if depth > MAX_DEPTH:
            raise _too_deep()
    if len(brackets) > 2 * MAX_CONTAINERS:
        raise MalformedError(
            "json-too-many-lists", f"Send {MAX_CONTAINERS} objects and lists at most."
        )


def _too_deep() -> MalformedError:
    return MalformedError("json-too-deep", f"Nest objects and lists {MAX_DEPTH} deep at most.")


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedError("json-number", "NaN and Infinity are not JSON numbers.")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedError("json-number", "A number is too large.")
    return value


def _whole_number(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise MalformedError("json-number", f"Send whole numbers of {MAX_DIGITS} digits at most.")
    return int(text)


def _require_storable(value: Any) -> None:
    """Refuse NUL and half characters, which no database text can hold, wherever they are."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left.extend(item)
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)
        elif isinstance(item, str) and ("\0" in item or _SURROGATE.search(item)):
            raise MalformedError("json-text", "Text holds a NUL or half a character: remove it.")
