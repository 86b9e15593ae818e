"""Hash a run of a whole log's leaves, in whatever process, and tell what it found there.

A log has millions of leaves, so that each is touched as seldom as can be: a block of them is read, hashed
and compared at once, small enough to stay in the processor's cache. Only a block that is not as it says is
looked through leaf by leaf, to name the first that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from onward_verifier.counting import leaves
from onward_verifier.lines import BEGIN, HEAD, Followed, Runs, Wrong

HASH_LENGTH = 32
BLOCK = 1 << 17
"""Bytes of lines that are looked at together."""
_CONTENT = 2 * HASH_LENGTH + 1
"""Where a leaf's content begins in its line, behind its hash in hexadecimal and a space."""
_FIXED = HEAD.decode()

Part = bytes | tuple[str, int, int]
"""Leaf lines, or where they are: a file, the place of the first byte, how many bytes."""


@dataclass(frozen=True)
class Chunk:
    """What one process found out about a run of leaves."""

    count: int
    edge: list[bytes]
    """The perfect subtrees over all of it, largest first."""
    cuts: dict[int, list[bytes]]
    """The same over its first leaves, by how many of them were asked for."""
    runs: Runs | None = None
    wrong: Wrong | None = None


def hash_part(part: Part, cuts: Sequence[int]) -> Chunk:
    """Hash a run of leaf lines, ``<hash in hexadecimal> <content>``, wherever it stands."""
    if isinstance(part, bytes):
        return _hashed(_blocks(BytesIO(part), len(part)), cuts)
    path, start, length = part
    with Path(path).open("rb", buffering=BLOCK) as file:
        file.seek(start)
        return _hashed(_blocks(file, length), cuts)


def _blocks(file: BinaryIO, length: int) -> Iterator[list[bytes]]:
    """Yield the lines of the next *length* bytes, about `BLOCK` bytes of them at a time."""
    # Files read on until they have more than they were asked for, hence one byte less.
    while length > 0 and (block := file.readlines(max(1, min(BLOCK, length - 1)))):
        length -= sum(map(len, block))
        yield block


def _hashed(blocks: Iterator[list[bytes]], cuts: Sequence[int]) -> Chunk:
    lines, hashes, count = Followed(), bytearray(), 0
    for block in blocks:
        found = [hashlib.sha256(b"\x00" + leaf[_CONTENT:-1]).hexdigest() for leaf in block]
        good = _as_they_say(block, found)
        wrong = lines.follow(block[:good], count)
        if wrong is None and good < len(block):
            rest = chain(block[good:], chain.from_iterable(blocks))
            wrong = (count + good, _how(block[good], found[good], rest))
        if wrong:
            return Chunk(0, [], {}, lines.packed(), wrong)
        hashes += bytes.fromhex("".join(found))
        count += len(block)
    levels = _levels(bytes(hashes))
    there = {cut: _edge(levels, cut) for cut in cuts if cut <= count}
    return Chunk(count, _edge(levels, count), there, lines.packed())


def _as_they_say(block: Sequence[bytes], found: Sequence[str]) -> int:
    """Return how many leaves, from the first on, have the hash beside them that was *found*."""
    whole = len(block) if block[-1].endswith(b"\n") else len(block) - 1
    said = b"".join([leaf[:BEGIN] for leaf in block])
    if said == (_FIXED.join(found) + _FIXED).encode():
        return whole
    each = enumerate(zip(block, found, strict=True))
    unlike = (at for at, (leaf, hashed) in each if leaf[:BEGIN] != (hashed + _FIXED).encode())
    return min(whole, next(unlike))


def _how(leaf: bytes, hashed: str, rest: Iterable[bytes]) -> str:
    """Say how a *leaf* is wrong whose content has the hash *hashed*; *rest* begins with it."""
    said = leaf[: _CONTENT - 1]
    if not leaf.endswith(b"\n"):
        return "the file was cut short within it"
    if said == hashed.encode():
        return "not in canonical form"
    for further, other in enumerate(rest):
        if hashlib.sha256(b"\x00" + other[_CONTENT:-1]).hexdigest().encode() == said:
            return f"its content stands {leaves(further)} further on: they were exchanged"
    return "its content was changed: it has not the hash that stands beside it"


def _levels(leaves: bytes) -> list[bytes]:
    """Return the hashes of every perfect subtree, level by level, each level in one piece."""
    levels, pair = [leaves], 2 * HASH_LENGTH
    while len(level := levels[-1]) > HASH_LENGTH:
        starts = range(0, len(level) - HASH_LENGTH, pair)
        levels.append(
            b"".join([hashlib.sha256(b"\x01" + level[at : at + pair]).digest() for at in starts])
        )
    return levels


def _edge(levels: Sequence[bytes], count: int) -> list[bytes]:
    """Return the perfect subtrees of the first *count* leaves of a chunk, largest first."""
    found, start = [], 0
    for level in range(count.bit_length() - 1, -1, -1):
        if count >> level & 1:
            at = (start >> level) * HASH_LENGTH
            found.append(levels[level][at : at + HASH_LENGTH])
            start += 1 << level
    return found
