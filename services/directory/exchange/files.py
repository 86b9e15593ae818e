"""Read the text of a file into documents of entries, whatever of both formats it has."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

from onward.errors import OnwardError
from services.directory.exchange import spreadsheet
from services.directory.exchange.pointing import Position, position, positions

MOST: Final = 50_000
"""Entries of one file."""
_TOKEN: Final = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}]')
KINDS: Final = ("organizations", "programs", "services")
"""What a file may list, in the order in which it is read."""


class FileError(OnwardError):
    """A file that cannot be read at all; the text says what to change at `at`."""

    def __init__(self, detail: str, at: Position) -> None:
        """Say what to change at *at*."""
        super().__init__(detail)
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One entry as a file says it."""

    kind: str
    """One of `KINDS`."""
    pointer: str
    """Where it stands."""
    document: Any


class Locator(Protocol):
    """Tells where pointers lead."""

    def __call__(self, pointers: Sequence[str], /) -> Mapping[str, Position]:
        """Return the position of each of *pointers*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a file says, and how to find a place in it."""

    entries: Sequence[Said]
    locate: Locator


def read_file(content: bytes, *, table: bool) -> File:
    """Return what *content* says: JSON, or a *table* (CSV). Raises `FileError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise FileError("Save the file as UTF-8.", position(before, len(before))) from None
    if table:
        try:
            rows = spreadsheet.read(text)
        except spreadsheet.TableError as error:
            raise FileError(str(error), error.at) from None
        said = [Said(kind=row.kind, pointer=row.pointer, document=row.document) for row in rows]
        return _limited(File(entries=said, locate=spreadsheet.locator(rows)))
    document = _parsed(text)
    return _limited(
        File(
            entries=list(_entries(text, document)),
            locate=lambda pointers: positions(text, pointers),
        )
    )


def _limited(file: File) -> File:
    if len(file.entries) > MOST:
        raise FileError(f"Send {MOST} entries at most at once.", Position(line=1, column=1))
    return file


def _parsed(text: str) -> Any:
    if "\0" in text:
        raise FileError("Remove the NUL character.", position(text, text.index("\0")))
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number
        )
    except json.JSONDecodeError as error:
        at = Position(line=error.lineno, column=error.colno)
        raise FileError("This is not JSON from here on.", at) from None
    except _DoubledError as error:
        raise FileError("Say each key once in an object.", _doubled(text, error.key)) from None
    except (_NumberError, RecursionError):
        detail = "A number is too large or none, or objects are nested too deep."
        raise FileError(detail, Position(line=1, column=1)) from None


class _DoubledError(ValueError):
    """An object has a key twice."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _NumberError(ValueError):
    """A number that no JSON has."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _DoubledError(next(key for key in keys if keys.count(key) > 1))
    return made


def _doubled(text: str, key: str) -> Position:
    """Return where *key* is said the second time within one object."""
    seen: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            seen.append(set())
        elif token[0] == "}":
            seen.pop()
        elif token["key"] is not None and json.loads(token["key"]) == key:
            if key in seen[-1]:
                return position(text, token.start())
            seen[-1].add(key)
    return Position(line=1, column=1)


def _no_number(_: str) -> NoReturn:
    raise _NumberError


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _NumberError
    return value


def _entries(text: str, document: Any) -> Iterator[Said]:
    """Return every entry of a list, a page of one, a file of ours, or a single service."""
    if isinstance(document, list):
        yield from _listed("services", "", document)
        return
    if isinstance(document, dict):
        if isinstance(document.get("contents"), list):
            yield from _listed("services", "/contents", document["contents"])
            return
        if "id" in document and "name" in document:
            yield Said(kind="services", pointer="", document=document)
            return
        if document.keys() & set(KINDS):
            for kind in KINDS:
                yield from _listed(kind, f"/{kind}", _list(text, document, kind))
            return
    raise FileError(
        "Give a list of services, a page of them, or an object with services.",
        position(text, len(text) - len(text.lstrip())),
    )


def _list(text: str, document: dict[str, Any], kind: str) -> list[Any]:
    found = document.get(kind, [])
    if not isinstance(found, list):
        pointer = f"/{kind}"
        raise FileError("Make this a list.", positions(text, [pointer])[pointer])
    return found


def _listed(kind: str, pointer: str, found: list[Any]) -> Iterator[Said]:
    for number, one in enumerate(found):
        yield Said(kind=kind, pointer=f"{pointer}/{number}", document=one)
