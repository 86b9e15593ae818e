"""Everything wrong that can be sent in place of a good request."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.chaos.good import FORM, Good

JSON = "application/json"
CANARY = "Zq9Canary"
"""Stands in what is sent; no answer may repeat it."""
UNKNOWN = "givne_name"
"""A field that nobody knows, whose name may be told back so that its sender finds it."""
NO_SUCH = UUID(int=0xDEAD)
DEEP = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt:
    """A request that must be refused."""

    name: str
    path: str
    data: bytes | None = None
    content_type: str | None = JSON
    headers: Mapping[str, str | None]
    """None takes one away."""
    statuses: tuple[int, ...] = (400, 404, 409, 413, 415, 422)


def corruptions(good: Good, required: list[str], *, takes_key: bool) -> Iterator[Corrupt]:
    """Yield every corruption of *good*."""
    headers: dict[str, str | None] = {}
    if good.version is not None:
        headers["If-Match"] = f'"{good.version}"'
    body = good.json
    for name, data, content_type, statuses in (
        *_raw(good.largest),
        *_in_json(body or {}, required),
    ):
        if (body is None and name in NEEDS_BODY) or (good.may_be_empty and name == "nothing"):
            continue
        if good.form and content_type == FORM:
            continue  # what the route takes
        yield Corrupt(
            name=name,
            path=good.path,
            data=data,
            content_type=content_type,
            headers=headers,
            statuses=statuses,
        )
    yield from _wrong_headers(good, headers, takes_key=takes_key)
    yield from _wrong_ids(good, headers)


Raw = tuple[str, bytes, str | None, tuple[int, ...]]
NEEDS_BODY = {"nothing", "a list", "a text", "null", "a number", "unknown field"}
"""Harmless where a route takes no body: it is not looked at."""


def _raw(largest: int) -> Iterator[Raw]:
    malformed = {
        "deep lists": b"[" * DEEP,
        "deep objects": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        "cut off": b'{"a": ',
        "two values": b"{} {}",
        "a byte order mark": b"\xef\xbb\xbf{}",
        "broken UTF-8": b'{"a": "\xff\xfe"}',
        "UTF-16": '{"a": 1}'.encode("utf-16"),
        "NaN": b'{"a": NaN}',
        "Infinity": b'{"a": -Infinity}',
        "a huge number": b'{"a": 1e999}',
        "many digits": b'{"a": ' + b"9" * DEEP + b"}",
        "a key twice": b'{"a": 1, "a": 2}',
        "a key twice, deep": b'{"b": {"a": 1, "a": 2}}',
        "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(600)) + b"}",
        "many lists": b"[" + b"[]," * 80_000 + b"[]]",
        "a NUL": b'{"a": "\\u0000"}',
        "half a character": b'{"a": "\\ud800"}',
        "nothing": b"",
    }
    for name, data in malformed.items():
        yield name, data, JSON, (400,)
    yield "too large", b" " * (largest + 1), JSON, (413,)
    for content_type in ("text/plain", "application/xml", FORM, "multipart/form-data", "x", ""):
        yield f"as {content_type}", b'{"a": 1}', content_type, (415,)
    for name, data in {
        "a list": b"[]",
        "a text": b'"a"',
        "null": b"null",
        "a number": b"7",
    }.items():
        yield name, data, JSON, (422,)


def _in_json(body: dict[str, Any], required: list[str]) -> Iterator[Raw]:
    for path, value in places(body):
        for name, wrong in _wrong(path, value):
            data = json.dumps(with_value(body, path, wrong)).encode()
            yield f"{name} at {'/'.join(map(str, path))}", data, JSON, (400, 404, 409, 422)
        if isinstance(value, dict) and path[:1] != ("sections",):
            data = json.dumps(with_value(body, path, {**value, UNKNOWN: CANARY})).encode()
            yield f"unknown field at {path}", data, JSON, (422,)
    yield (
        "unknown field",
        json.dumps({**body, UNKNOWN: CANARY, f"{CANARY} at 07700 900123": 1}).encode(),
        JSON,
        (422,),
    )
    for name in required:
        rest = {key: value for key, value in body.items() if key != name}
        yield f"no {name}", json.dumps(rest).encode(), JSON, (422,)
    for name, value in body.items():
        text = json.dumps(body)[:-1] + f', "{name}": {json.dumps(value)}}}'
        yield f"{name} twice", text.encode(), JSON, (400,)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every place in a body, and what stands there."""
    if path and value is not None:
        yield path, value
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from places(inside, (*path, key))
    if isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


OTHERS: dict[type, dict[str, Any]] = {
    bool: {"a text": "true", "a number": 1, "a list": [True], "an object": {}},
    int: {"a fraction": 1.5, "a text": "7", "less": -1, "truth": True, "a list": [1]},
    float: {"a text": "7", "truth": True, "a list": [1.5], "an object": {}},
    str: {"a number": 7, "truth": True, "a list": [CANARY], "an object": {"a": 1}},
    list: {"an object": {}, "a text": CANARY, "a number": 7, "too many": [CANARY] * 1_001},
    dict: {"a list": [], "a text": CANARY, "a number": 7},
}
"""Values of other types than that."""
IN_A_PACK = {"a fraction": 1.5, "an object": {"a": 1}, "nothing": None}
"""What a pack cannot hold; it takes texts, numbers and lists alike."""


def _wrong(path: tuple[Any, ...], value: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of other types, and texts that hide or overflow."""
    packed = path[0] == "sections" and len(path) > 2
    yield from (IN_A_PACK if packed else OTHERS[type(value)]).items()
    if isinstance(value, str):
        yield from _wrong_texts(value)
        if (
            _is_uuid(value) and path[0] != "ids"
        ):  # of many, those that are not there are passed over
            yield "another id", str(NO_SUCH)


def _wrong_texts(value: str) -> Iterator[tuple[str, str]]:
    texts = {
        "a NUL": f"{CANARY}\0",
        "a bell": f"{CANARY}\a",
        "right to left": f"{CANARY}\u202e",
        "an isolate": f"{CANARY}\u2066",
        "half a character": "\ud800",
        "100,000 characters": CANARY + "x" * DEEP,
        "nothing said": "",
        "spaces": "   ",
    }
    yield from texts.items()
    if _is_uuid(value):
        yield "no id", CANARY


def _wrong_headers(
    good: Good, headers: Mapping[str, str | None], *, takes_key: bool
) -> Iterator[Corrupt]:
    data = json.dumps(good.json).encode() if good.json is not None else None

    def with_headers(name: str, statuses: tuple[int, ...], **more: str | None) -> Corrupt:
        sent = dict(headers) | {key.replace("_", "-"): value for key, value in more.items()}
        return Corrupt(name=name, path=good.path, data=data, headers=sent, statuses=statuses)

    if good.version is not None:
        yield with_headers("no version", (428,), If_Match=None)
        yield with_headers("another version", (412,), If_Match=f'"{good.version + 7}"')
        for text in (
            "*",
            'W/"1"',
            '"1", "2"',
            "1",
            '""',
            CANARY,
            '"-1"',
            '"1e3"',
            '"' + "9" * 40 + '"',
        ):
            yield with_headers(f"version {text}", (400,), If_Match=text)
    if takes_key:
        for text in ("", "x" * 201, "caf\u00e9"):
            yield with_headers(f"key {text[:5]!r}", (400,), Idempotency_Key=text)


def _wrong_ids(good: Good, headers: Mapping[str, str | None]) -> Iterator[Corrupt]:
    parts = good.path.split("/")
    data = json.dumps(good.json).encode() if good.json is not None else None
    for place, part in enumerate(parts):
        if _is_uuid(part):
            for wrong in (str(NO_SUCH), CANARY, part[:-1], "%00", "%ff", ".."):
                path = "/".join([*parts[:place], wrong, *parts[place + 1 :]])
                yield Corrupt(
                    name=f"{wrong} in the path",
                    path=path,
                    data=data,
                    headers=headers,
                    statuses=(400, 404, 405),
                )


def with_value(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return *body* with *value* at *path*."""
    changed = copy.deepcopy(body)
    inside: Any = changed
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    return changed


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
