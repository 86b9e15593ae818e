"""Tell what marshmallow found: each wrong field by JSON Pointer, with what to change, never its value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import marshmallow as ma

from onward.errors import FieldError, InvalidError

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}|[0-9]{1,6}")
"""Keys that may be told back; any other could hold what somebody typed into the wrong place."""
_WHOLE: Final = "_schema"


def invalid(error: ma.ValidationError, *, located: bool = False) -> InvalidError:
    """Return the refusal that tells everything *error* found, by JSON Pointer into the body.

    A *located* error names the part of the request first, as webargs does: where that is not the body,
    the pointer is empty and the detail names the parameter.
    """
    messages: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    found = list(_located(messages) if located else _inside(messages))
    return InvalidError("invalid", "Change what errors lists, then send it again.", errors=found)


def _located(messages: Mapping[str, Any]) -> Iterator[FieldError]:
    for location, content in messages.items():
        if location == "json":
            yield from _inside(content)
            continue
        for path, text in _walk(content, ()):
            yield FieldError(pointer="", detail=f"{location} {'.'.join(path)}: {text}")


def _inside(content: Any) -> Iterator[FieldError]:
    for path, text in _walk(content, ()):
        yield FieldError(pointer="".join(f"/{part}" for part in path), detail=text)


def _walk(content: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(content, Mapping):
        for key, inside in content.items():
            name = str(key)
            if name == _WHOLE or (name == "value" and path and isinstance(inside, Mapping)):
                yield from _walk(inside, path)
            elif _NAME.fullmatch(name):
                yield from _walk(inside, (*path, name))
            else:
                yield path, "A key here is not known."
    elif isinstance(content, list):
        for inside in content:
            yield from _walk(inside, path)
    else:
        yield path, str(content)
