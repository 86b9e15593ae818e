"""Find where in a JSON text a value stands: line and column, for people who have to change it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """A place in a text that people read: both from 1."""

    line: int
    column: int


@dataclass(slots=True)
class _Wanted:
    """What is looked for below one value, by key or number."""

    pointers: list[str] = field(default_factory=list)
    below: dict[str, "_Wanted"] = field(default_factory=dict)


def positions(text: str, pointers: Iterable[str]) -> dict[str, Position]:
    """Return where each JSON Pointer of *pointers* leads in *text*, which is JSON.

    What does not exist is found where the innermost value stands that does.
    """
    root = _Wanted()
    for pointer in pointers:
        wanted = root
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            wanted = wanted.below.setdefault(key, _Wanted())
        wanted.pointers.append(pointer)
    found: dict[str, int] = {}
    _walk(text, _skip(text, 0), root, found)
    return _shown(text, found)


def position(text: str, at: int) -> Position:
    """Return the line and the column of the character at index *at*."""
    begins = text.rfind("\n", 0, at) + 1
    return Position(line=text.count("\n", 0, at) + 1, column=at - begins + 1)


def _shown(text: str, found: Mapping[str, int]) -> dict[str, Position]:
    """Return positions for indices, counting the lines once."""
    shown: dict[str, Position] = {}
    line, begins, last = 1, 0, 0
    for pointer, at in sorted(found.items(), key=lambda item: item[1]):
        line += text.count("\n", last, at)
        begins = max(begins, text.rfind("\n", last, at) + 1)
        last = at
        shown[pointer] = Position(line=line, column=at - begins + 1)
    return shown


def _walk(text: str, at: int, wanted: _Wanted, found: dict[str, int]) -> int:
    """Note where *wanted* stands from index *at* on; return the index behind the value."""
    _note(wanted, at, found)
    if not wanted.below or text[at] not in "{[":
        return _DECODER.raw_decode(text, at)[1]
    return (_object if text[at] == "{" else _array)(text, at, wanted, found)


def _object(text: str, at: int, wanted: _Wanted, found: dict[str, int]) -> int:
    at = _skip(text, at + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        at = _skip(text, _walk(text, at, wanted.below.get(key, _Wanted()), found))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _array(text: str, at: int, wanted: _Wanted, found: dict[str, int]) -> int:
    at, number = _skip(text, at + 1), 0
    while text[at] != "]":
        at = _walk(text, at, wanted.below.get(str(number), _Wanted()), found)
        at, number = _skip(text, at), number + 1
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _note(wanted: _Wanted, at: int, found: dict[str, int]) -> None:
    """Let everything below stand here too, until it is found itself."""
    left = [wanted]
    while left:
        one = left.pop()
        found.update(dict.fromkeys(one.pointers, at))
        left.extend(one.below.values())


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
