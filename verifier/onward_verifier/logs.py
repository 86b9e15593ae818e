"""A whole log: every leaf hashed anew, the tree over all of them, and every line of events.

Each leaf has the hash beside it; the tree over all of them has the root hash that every checkpoint in the
file was signed over, and every older one that is held against it; no event is missing in any line.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count, starmap

from onward_verifier.beside import hashed_beside
from onward_verifier.chunks import Chunk, Part, hash_part
from onward_verifier.counting import leaves
from onward_verifier.documents import read_object, spelled
from onward_verifier.findings import CheckFailedError
from onward_verifier.lines import missing, named
from onward_verifier.merkle import folded, node_hash
from onward_verifier.notes import Checkpoint, Key

FORMAT = "onward-audit-log/1"
CHUNK = 1 << 13
"""Leaves hashed at a time: a perfect subtree, but for the last."""
WORTH_A_POOL = 8 * CHUNK
"""Logs of fewer leaves are checked before other processes would have started."""

Progress = Callable[[int, int], None]
"""Told how many leaves are done, and how many there are."""


@dataclass(frozen=True)
class LogResult:
    """What held of a whole log."""

    origin: str
    size: int
    checkpoints: int
    lines: int
    held: tuple[int, ...] = ()
    """Sizes of the older checkpoints it was held against."""


class _Tree:
    """The tree over the chunks so far: its perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.hashes: list[bytes] = []

    def root_after(self, chunk: Chunk, count: int) -> bytes:
        """Return the root of the tree with the first *count* leaves of *chunk*, one of its cuts."""
        return folded([*self.hashes, *chunk.cuts[count]])

    def add(self, chunk: Chunk) -> None:
        """Append a chunk."""
        place = self.size // CHUNK
        self.size += chunk.count
        if chunk.count < CHUNK:
            self.hashes += chunk.edge
            return
        (joined,) = chunk.edge
        while place & 1:
            joined, place = node_hash(self.hashes.pop(), joined), place >> 1
        self.hashes.append(joined)


def verify_log(
    opening: Sequence[bytes],
    parts: Iterable[Part],
    key: Key,
    *,
    held: Sequence[str] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> LogResult:
    """Check a whole log: its *opening* lines, then its leaf lines in *parts* of `CHUNK`.

    It is held against older checkpoints *held* where given. Raises `CheckFailedError` with the first
    thing that is wrong.
    """
    size = _size_said(opening[0] if opening else b"", key)
    signed = _signed(opening[1:], key)
    if not signed or signed[-1].size != size:
        raise CheckFailedError(
            f"no checkpoint covers the {leaves(size)} that the file says it holds"
        )
    ours = _held(held, key, size)
    stops = sorted(
        [(each, "checkpoint") for each in signed]
        + [(each, "checkpoint you held") for each in ours],
        key=lambda stop: stop[0].size,
    )
    cuts = [stop.size for stop, _ in stops]
    with closing(_chunks(parts, cuts, jobs if size > WORTH_A_POOL else 1)) as chunks:
        lines = _check_tree(chunks, size, stops, progress)
    return LogResult(
        origin=key.name,
        size=size,
        checkpoints=len(signed),
        lines=lines,
        held=tuple(each.size for each in ours),
    )


def _held(notes: Sequence[str], key: Key, size: int) -> list[Checkpoint]:
    """Return the checkpoints that somebody kept; none may cover more than the log has now."""
    kept = [Checkpoint.read(note, key, "held checkpoint") for note in notes]
    for each in kept:
        if each.size > size:
            raise CheckFailedError(
                f"held checkpoint: it covers {leaves(each.size)}, the log {size}: its tail was cut off,"
                " unless it was exported before your checkpoint was signed"
            )
    return kept


def _size_said(line: bytes, key: Key) -> int:
    header = read_object(line, "line 1")
    size = header.get("size")
    expected = {"kind": "header", "format": FORMAT, "origin": key.name, "size": size}
    if type(size) is not int or size < 0 or line != spelled(expected) + b"\n":
        raise CheckFailedError(f"line 1: not a log of {key.name} in the format {FORMAT}")
    return size


def _signed(lines: Sequence[bytes], key: Key) -> list[Checkpoint]:
    """Read the checkpoints before the first leaf, smallest first."""
    found: list[Checkpoint] = []
    for number, line in enumerate(lines, 2):
        what = f"checkpoint in line {number}"
        note = str(read_object(line, what).get("note"))
        made = Checkpoint.read(note, key, what)
        if line != spelled({"kind": "checkpoint", "note": note}) + b"\n":
            raise CheckFailedError(f"{what}: not in canonical form")
        if found and made.size <= found[-1].size:
            raise CheckFailedError(f"{what}: it stands after a larger one")
        found.append(made)
    return found


def _check_tree(
    chunks: Iterable[Chunk],
    size: int,
    stops: Sequence[tuple[Checkpoint, str]],
    progress: Progress | None,
) -> int:
    """Check every leaf, every line of events and every stop; return how many lines there are."""
    tree, ahead, good = _Tree(), deque(stops), 0
    reached: dict[bytes, int] = {}
    while ahead and ahead[0][0].size == 0:
        good = _agreed(ahead.popleft(), hashlib.sha256().digest(), good)
    for chunk in chunks:
        _check_runs(chunk, tree.size, reached)
        while ahead and ahead[0][0].size <= tree.size + chunk.count:
            root = tree.root_after(chunk, ahead[0][0].size - tree.size)
            good = _agreed(ahead.popleft(), root, good)
        tree.add(chunk)
        if progress:
            progress(tree.size, size)
    if tree.size != size:
        said = f"the file says it holds {leaves(size)}, but it holds {tree.size:,}"
        raise CheckFailedError(f"leaf {min(tree.size, size)}: {said}")
    return len(reached)


def _agreed(stop: tuple[Checkpoint, str], root: bytes, good: int) -> int:
    """Return the size up to which the log is as it was signed. Raises `CheckFailedError`."""
    checkpoint, what = stop
    if checkpoint.root == root:
        return checkpoint.size
    raise CheckFailedError(
        f"leaf {good} to {checkpoint.size - 1}: the {what} over {leaves(checkpoint.size)} was signed over"
        f" others: the log was rewritten there; the {good} before are as they were signed"
    )


def _check_runs(chunk: Chunk, start: int, reached: dict[bytes, int]) -> None:
    """Check that each line of events goes on where it stood; name the first leaf that is wrong."""
    wrong = [chunk.wrong] if chunk.wrong else []
    if runs := chunk.runs:
        begun = runs.begun.split(b"\n") if runs.begun else []
        if not reached.keys().isdisjoint(begun):
            wrong += [
                (place, missing(named(name), reached[name] + 1))
                for name, place in zip(begun, runs.places, strict=True)
                if name in reached
            ]
        for name, first, last, place in runs.resumed:
            if first != (expected := reached.get(name, 0) + 1):
                wrong.append((place, missing(named(name), expected)))
            reached[name] = last
        reached.update(zip(begun, runs.lasts, strict=True))
    if wrong:
        place, text = min(wrong)
        raise CheckFailedError(f"leaf {start + place}: {text}")


def _chunks(parts: Iterable[Part], cuts: Sequence[int], jobs: int) -> Generator[Chunk, None, None]:
    """Hash the leaves, *jobs* parts at a time, and give them back in order, cut at sizes *cuts*."""
    wanted = (
        (part, [cut - start for cut in cuts if start < cut <= start + CHUNK])
        for part, start in zip(parts, count(0, CHUNK), strict=False)
    )
    if jobs <= 1:
        yield from starmap(hash_part, wanted)
        return
    yield from hashed_beside(wanted, jobs)
