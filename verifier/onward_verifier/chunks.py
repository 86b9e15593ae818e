"""Hash a run of a whole log's leaves, in whatever process, and tell what it found there."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HASH_LENGTH = 32
_FIRST = b'{"action":"'
_KEYS = [b"source", b"subject", b"v"]

Part = bytes | tuple[str, int, int]
"""Leaf lines, or where they are: a file, the place of the first byte, how many bytes."""


@dataclass(frozen=True)
class Runs:
    """Which part of each line of events a run of leaves holds; packed, for it comes from another process."""

    lines: bytes
    """Their names, joined by line breaks."""
    firsts: array[int]
    lasts: array[int]
    places: array[int]
    """Of the leaf that holds each one's first, counted from the first of the run."""


@dataclass(frozen=True)
class Chunk:
    """What one process found out about a run of leaves."""

    count: int
    edge: list[bytes]
    """The perfect subtrees over all of it, largest first."""
    cuts: dict[int, list[bytes]]
    """The same over its first leaves, by how many of them were asked for."""
    runs: Runs | None = None
    wrong: tuple[int, str] | None = None
    """The first leaf that is wrong, counted from the chunk's first, and how."""


def hash_part(part: Part, cuts: Sequence[int]) -> Chunk:
    """Hash a run of leaf lines, ``<hash in hexadecimal> <content>``, wherever it stands."""
    if isinstance(part, bytes):
        return _hashed(part, cuts)
    path, start, length = part
    with Path(path).open("rb", buffering=0) as file:
        file.seek(start)
        return _hashed(file.read(length), cuts)


def _hashed(raw: bytes, cuts: Sequence[int]) -> Chunk:
    lines = raw.split(b"\n")
    if lines.pop() != b"":
        return Chunk(0, [], {}, wrong=(len(lines), "the file was cut short within it"))
    sha = hashlib.sha256
    bodies = [line[65:] for line in lines]
    hashes = [sha(b"\x00" + body).digest() for body in bodies]
    said = b"".join([line[:65] for line in lines])
    if said != (b"".join(hashes).hex(" ", HASH_LENGTH) + " ").encode():
        return Chunk(0, [], {}, wrong=_first_unlike(lines, hashes))
    levels = [hashes]
    while len(level := levels[-1]) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        levels.append([sha(b"\x01" + left + right).digest() for left, right in pairs])
    runs, wrong = _runs(bodies)
    there = {cut: _edge(levels, cut) for cut in cuts if cut <= len(lines)}
    return Chunk(len(lines), _edge(levels, len(lines)), there, runs, wrong)


def _first_unlike(lines: Sequence[bytes], hashes: Sequence[bytes]) -> tuple[int, str]:
    """Name the first leaf whose content has not the hash that stands beside it."""
    said = [line[:65] for line in lines]
    there = {hashed.hex().encode() + b" ": place for place, hashed in enumerate(hashes)}
    place = next(
        at for at, hashed in enumerate(hashes) if hashed.hex().encode() + b" " != said[at]
    )
    if (other := there.get(said[place])) is not None:
        return place, f"its content stands {other - place} leaves further on: they were exchanged"
    return place, "its content was changed: it has not the hash that stands beside it"


def _runs(bodies: Sequence[bytes]) -> tuple[Runs | None, tuple[int, str] | None]:
    """Return what the leaves hold of each line of events, and the first gap among them."""
    places: dict[bytes, int] = {}
    firsts, lasts = array("q"), array("q")
    starts = array("q")
    wrong = None
    for place, body in enumerate(bodies):
        line, number = _numbered(body)
        if line is None:
            wrong = (place, "not in canonical form")
            break
        at = places.setdefault(line, len(firsts))
        if at == len(firsts):
            firsts.append(number)
            lasts.append(number)
            starts.append(place)
        elif number == lasts[at] + 1:
            lasts[at] = number
        else:
            wrong = (place, missing(line, lasts[at] + 1))
            break
    return (Runs(b"\n".join(places), firsts, lasts, starts) if places else None), wrong


def _numbered(body: bytes) -> tuple[bytes | None, int]:
    """Return the line of events a leaf belongs to, and its number there; None where it does not say.

    Keys are sorted, so that all of it stands behind whatever else the leaf says.
    """
    start = body.rfind(b',"sequence":')
    said = body[start + 12 :].split(b'"', 14)
    if said[1:2] == [b"service"]:
        del said[1:5]
    if (
        start < 0
        or said[1:10:4] != _KEYS
        or not said[0][:-1].isdigit()
        or not body.startswith(_FIRST)
    ):
        return None, 0
    stream = body[11 : body.find(b".", 11)]
    return b"/".join((said[3], stream, said[7])), int(said[0][:-1])


def _edge(levels: Sequence[Sequence[bytes]], count: int) -> list[bytes]:
    """Return the perfect subtrees of the first *count* leaves of a chunk, largest first."""
    found, start = [], 0
    for level in range(count.bit_length() - 1, -1, -1):
        if count >> level & 1:
            found.append(levels[level][start >> level])
            start += 1 << level
    return found


def missing(line: bytes, expected: int) -> str:
    """Say which step of a line of events is not there."""
    return f"step {expected} of {line.decode(errors='replace')} is missing before it"
