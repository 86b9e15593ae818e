"""Check an Onward audit bundle, or a whole log, offline, from the log's public key alone.

    python onward_verify.py FILE --key KEY

This file stands alone: copy it to any machine with Python 3.10 or later and the package `cryptography`.
It shares no code with Onward. What it relies on is published: RFC 6962 and RFC 9162 (Merkle trees),
C2SP signed-note and tlog-checkpoint, Ed25519 (RFC 8032).

What is checked of a bundle, in this order:

1. the log's key signed the checkpoint: a size and the root hash of the tree over all its leaves;
2. each leaf is about the bundle's referral and, by its proof, in that tree at the number it bears;
3. no step is missing: events about the referral and its handoffs are numbered without gaps;
4. the log's key signed the file as a whole: no leaf was left out after the export;
5. with --held and --proof: the tree still begins with what an older checkpoint, kept by you, says.

Of a whole log: each leaf has the hash beside it; the tree over all of them has the root hash that every
checkpoint in the file was signed over, and that --held says; no event is missing in any line.

Exit codes: 0 all of it held; 1 a check failed, named on the last line; 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, islice, starmap
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "onward-audit-bundle/1"
LOG_FORMAT = "onward-audit-log/1"
ED25519 = 1
"""Signature type of Ed25519 in the signed-note specification."""
COSIGNATURE = 4
"""Signature type of a witness's cosignature/v1 there."""
HASH_LENGTH = 32

GOOD, FAILED, WRONG_USE = 0, 1, 2


class CheckFailedError(Exception):
    """Something is not as it was signed; the text says what, and where."""


class WrongUseError(Exception):
    """The check could not be tried; the text says what to give instead."""


def unbase64(text: str) -> bytes:
    """Decode the one spelling that each value has in base 64. Raises `ValueError` for any other."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError
    return raw


# Signed notes and checkpoints.


@dataclass(frozen=True)
class Key:
    """The log's public key: ``<name>+<id>+<base64>``, as the log publishes it."""

    name: str
    id: bytes
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str, kind: int = ED25519) -> Key:
        """Read a key; *kind* is `ED25519` or `COSIGNATURE`. Raises `WrongUseError` when it is none."""
        try:
            name, id_, encoded = text.strip().split("+", 2)
            raw = unbase64(encoded)
            public = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError:
            raise WrongUseError("The key is not of the form <name>+<id>+<base64>.") from None
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[0] != kind or expected.hex() != id_:
            raise WrongUseError("The key's id does not fit: it was not copied whole.")
        return cls(name=name, id=expected, public=public)

    def open(self, note: str, what: str) -> str:
        """Return the text of a signed note. Raises `CheckFailedError` unless this key signed it."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        ours = [raw for raw in map(self._signature, signatures.split("\n")) if raw]
        if not ours:
            raise CheckFailedError(f"{what}: not signed by {self.name} with this key")
        for signature in ours:
            try:
                self.public.verify(signature, text.encode())
            except InvalidSignature:
                raise CheckFailedError(
                    f"{what}: the signature does not fit what it says"
                ) from None
        return text

    def witnessed(self, note: str) -> datetime:
        """Return when this key countersigned a checkpoint. Raises `CheckFailedError` unless it did."""
        text, _, signatures = note.rpartition("\n\n")
        for raw in map(self._signature, signatures.split("\n")):
            seconds = int.from_bytes((raw or b"")[:8], "big")
            try:
                signed = f"cosignature/v1\ntime {seconds}\n{text}\n".encode()
                self.public.verify((raw or b"")[8:], signed)
                return datetime.fromtimestamp(seconds, UTC)
            except (InvalidSignature, ValueError, OverflowError):
                continue
        raise CheckFailedError(f"witness {self.name}: it countersigned no checkpoint in this file")

    def _signature(self, line: str) -> bytes | None:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or name != self.name:
            return None
        try:
            raw = unbase64(encoded)
        except ValueError:
            return None
        return raw[4:] if raw[:4] == self.id else None


@dataclass(frozen=True)
class Checkpoint:
    """What the log was at one size."""

    size: int
    root: bytes

    @classmethod
    def read(cls, note: str, key: Key, what: str = "checkpoint") -> Checkpoint:
        """Read a signed checkpoint. Raises `CheckFailedError`."""
        lines = key.open(note, what).split("\n")
        if lines[0] != key.name:
            raise CheckFailedError(f"{what}: it is of another log, {lines[0]}")
        try:
            size, root = int(lines[1]), unbase64(lines[2])
        except (IndexError, ValueError):
            raise CheckFailedError(f"{what}: it does not state a size and a root hash") from None
        return cls(size=size, root=root)


# Merkle trees.


def leaf_hash(content: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def proves_inclusion(number: int, hashed: bytes, proof: Sequence[bytes], head: Checkpoint) -> bool:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= number < head.size or not _are_hashes(proof):
        return False
    fn, sn, r = number, head.size - 1, hashed
    for p in proof:
        if sn == 0:
            return False
        right = fn % 2 == 1 or fn == sn
        r = node_hash(p, r) if right else node_hash(r, p)
        fn, sn = _climbed(fn, sn, right=right)
    return sn == 0 and r == head.root


def proves_consistency(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old.size in {0, new.size}:
        return not proof and (old.size == 0 or old.root == new.root)
    if old.size > new.size or not proof or not _are_hashes(proof):
        return False
    first_is_root = old.size & (old.size - 1) == 0
    path = [old.root, *proof] if first_is_root else list(proof)
    fn, sn = old.size - 1, new.size - 1
    while fn % 2 == 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        right = fn % 2 == 1 or fn == sn
        fr, sr = (node_hash(c, fr), node_hash(c, sr)) if right else (fr, node_hash(sr, c))
        fn, sn = _climbed(fn, sn, right=right)
    return sn == 0 and fr == old.root and sr == new.root


def _climbed(fn: int, sn: int, *, right: bool) -> tuple[int, int]:
    """Go up one level, or, from the right-hand edge, to the next level that has a sibling."""
    while right and fn % 2 == 0 and fn != 0:
        fn, sn = fn >> 1, sn >> 1
    return fn >> 1, sn >> 1


def _are_hashes(proof: Sequence[bytes]) -> bool:
    return all(len(p) == HASH_LENGTH for p in proof)


# Bundles.


@dataclass(frozen=True)
class Leaf:
    """One leaf line of a bundle."""

    line: int
    number: int
    content: bytes
    proof: list[bytes]

    @property
    def place(self) -> str:
        """Where it stands, for a message."""
        return f"leaf {self.number} (line {self.line})"


@dataclass
class Bundle:
    """A bundle as it was read, nothing about it believed yet."""

    header: dict[str, Any] = field(default_factory=dict)
    checkpoint: str = ""
    witnessed: tuple[str, list[bytes]] | None = None
    """The newest countersigned checkpoint, and the proof that the log began with it."""
    leaves: list[Leaf] = field(default_factory=list)
    seal: str = ""
    content: bytes = b""
    """Everything before the seal."""


@dataclass(frozen=True)
class Result:
    """What held."""

    origin: str
    referral: str
    size: int
    leaves: int
    lines: int
    """Lines of events that were checked for gaps."""
    held: int | None = None
    """Size of the older checkpoint it was held against."""
    witnessed: tuple[tuple[str, int, datetime], ...] = ()
    """Which witnesses countersigned: their name, at which size, when."""


def read_bundle(raw: bytes) -> Bundle:
    """Take a file apart. Raises `CheckFailedError` when it is no whole bundle."""
    bundle = Bundle()
    for number, text in enumerate(raw.splitlines(keepends=True), 1):
        if bundle.seal:
            raise CheckFailedError(f"line {number}: something was added after the seal")
        _take(bundle, number, text)
    if bundle.header.get("format") != FORMAT:
        raise CheckFailedError(f"line 1: not a bundle of the format {FORMAT}")
    if not bundle.checkpoint:
        raise CheckFailedError("the bundle has no checkpoint")
    return bundle


def _take(bundle: Bundle, number: int, text: bytes) -> None:
    document = _object(text, f"line {number}")
    kind = document.get("kind")
    try:
        if kind == "header" and number == 1:
            bundle.header = document
        elif kind == "checkpoint" and not bundle.checkpoint:
            bundle.checkpoint = str(document["note"])
        elif kind == "witnessed" and not bundle.witnessed and not bundle.leaves:
            bundle.witnessed = (
                str(document["note"]),
                [unbase64(each) for each in document["proof"]],
            )
        elif kind == "leaf":
            bundle.leaves.append(_leaf(number, document))
        elif kind == "seal":
            bundle.seal = str(document["note"])
        else:
            raise CheckFailedError(f"line {number}: a line of this kind does not belong here")
    except (KeyError, ValueError, TypeError, AttributeError):
        raise CheckFailedError(f"line {number}: not of the form that a {kind} line has") from None
    if kind != "seal":
        bundle.content += text


def _leaf(line: int, document: dict[str, Any]) -> Leaf:
    proof = [unbase64(text) for text in document["proof"]]
    number = document["number"]
    if type(number) is not int:
        raise TypeError
    return Leaf(line=line, number=number, content=document["leaf"].encode(), proof=proof)


def _object(text: bytes | str, what: str) -> dict[str, Any]:
    """Read one JSON object without duplicate keys."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise CheckFailedError(f"{what}: not JSON, or a key is given twice") from None
    if not isinstance(document, dict):
        raise CheckFailedError(f"{what}: not a JSON object")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def verify(raw: bytes, key: Key, witnesses: Sequence[Key] = ()) -> Result:
    """Check a bundle, and that each of *witnesses* countersigned what its log began with.

    Raises `CheckFailedError` with the first thing that is wrong.
    """
    bundle = read_bundle(raw)
    head = Checkpoint.read(bundle.checkpoint, key)
    seen = _check_witnessed(bundle, head, key, witnesses)
    facts = [_check_leaf(leaf, bundle, head) for leaf in bundle.leaves]
    _check_order(bundle)
    lines = _check_gaps(bundle, facts)
    _check_whole(bundle, key, head)
    return Result(
        origin=key.name,
        referral=str(bundle.header["referral"]),
        size=head.size,
        leaves=len(bundle.leaves),
        lines=lines,
        witnessed=seen,
    )


def _check_witnessed(
    bundle: Bundle, head: Checkpoint, key: Key, witnesses: Sequence[Key]
) -> tuple[tuple[str, int, datetime], ...]:
    """Check that the log begins with what outsiders countersigned, and that *witnesses* did."""
    if bundle.witnessed is None:
        if witnesses:
            raise CheckFailedError(f"witness {witnesses[0].name}: nobody countersigned this log")
        return ()
    note, proof = bundle.witnessed
    old = Checkpoint.read(note, key, "countersigned checkpoint")
    if not proves_consistency(old, head, proof):
        raise CheckFailedError(
            f"countersigned checkpoint: the log of {head.size} leaves does not begin with the {old.size}"
            " that witnesses saw: it was rewritten"
        )
    return tuple((witness.name, old.size, witness.witnessed(note)) for witness in witnesses)


def _check_leaf(leaf: Leaf, bundle: Bundle, head: Checkpoint) -> dict[str, Any]:
    """Check one leaf: its proof, its spelling, its referral."""
    if leaf.number >= head.size:
        raise CheckFailedError(f"{leaf.place}: the signed log ends before it, at {head.size}")
    if not proves_inclusion(leaf.number, leaf_hash(leaf.content), leaf.proof, head):
        raise CheckFailedError(f"{leaf.place}: {_why(leaf, bundle, head)}")
    facts = _object(leaf.content, leaf.place)
    spelled = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if spelled.encode() != leaf.content:
        raise CheckFailedError(f"{leaf.place}: not in canonical form")
    if facts.get("referral") != bundle.header.get("referral"):
        raise CheckFailedError(f"{leaf.place}: it is about another referral")
    return facts


def _why(leaf: Leaf, bundle: Bundle, head: Checkpoint) -> str:
    """Say how a leaf that is not proved is wrong, as far as the rest of the bundle tells."""
    for other in bundle.leaves:
        if proves_inclusion(other.number, leaf_hash(leaf.content), other.proof, head):
            return f"it holds the content of leaf {other.number}: two leaves were exchanged"
        if proves_inclusion(leaf.number, leaf_hash(other.content), leaf.proof, head):
            return f"the content that was signed here stands in line {other.line}"
    return "its content or its proof was changed: the signed log holds something else here"


def _check_order(bundle: Bundle) -> None:
    for before, after in zip(bundle.leaves, bundle.leaves[1:], strict=False):
        if after.number <= before.number:
            raise CheckFailedError(f"{after.place}: it stands after leaf {before.number}")


def _check_gaps(bundle: Bundle, facts: list[dict[str, Any]]) -> int:
    """Check that events are numbered 1, 2, 3, … in each line that is wholly about the referral.

    A line is a source, a stream and a subject; those about the referral itself, or about one of its
    handoffs, belong in the bundle from their first event on.
    """
    subjects = {bundle.header.get("referral")} | {fact.get("handoff") for fact in facts}
    reached: dict[tuple[str, str, str], int] = {}
    for leaf, fact in zip(bundle.leaves, facts, strict=True):
        if fact.get("subject") not in subjects:
            continue
        stream = str(fact.get("action")).split(".", 1)[0]
        line = (str(fact.get("source")), stream, str(fact.get("subject")))
        expected = reached.get(line, 0) + 1
        if fact.get("sequence") != expected:
            raise CheckFailedError(
                f"{leaf.place}: step {expected} of {'/'.join(line)} is missing before it"
            )
        reached[line] = expected
    return len(reached)


def _check_whole(bundle: Bundle, key: Key, head: Checkpoint) -> None:
    """Check the seal: the file is, line for line, what was exported."""
    header = bundle.header
    if header.get("leaves") != len(bundle.leaves):
        said, there = header.get("leaves"), len(bundle.leaves)
        raise CheckFailedError(f"the bundle says it holds {said} leaves, but {there} are there")
    if not bundle.seal:
        raise CheckFailedError("the bundle ends before its seal: it was cut short")
    digest = base64.b64encode(hashlib.sha256(bundle.content).digest()).decode()
    facts = (header.get("referral"), head.size, len(bundle.leaves), digest)
    expected = "".join(f"{fact}\n" for fact in (f"{key.name}/bundle", *facts))
    if key.open(bundle.seal, "seal") != expected:
        raise CheckFailedError("the seal is not of this file: a line was changed or left out")


def verify_held(raw: bytes, held: str, proof: dict[str, Any], key: Key) -> int:
    """Check that the bundle's log begins with all of an older checkpoint; return that one's size.

    *proof* is the log's answer to ``GET /api/v1/audit/proofs?from=OLDER&to=NEWER``.
    """
    old = Checkpoint.read(held, key, "held checkpoint")
    new = Checkpoint.read(read_bundle(raw).checkpoint, key)
    try:
        path = [unbase64(text) for text in proof["proof"]]
    except (KeyError, ValueError, TypeError):
        raise WrongUseError("The proof is not what /api/v1/audit/proofs answered.") from None
    if not proves_consistency(old, new, path):
        raise CheckFailedError(
            f"held checkpoint: the log of {new.size} leaves does not begin with the {old.size} that"
            " were signed then: it was rewritten, or this is not the proof between the two"
        )
    return old.size


# Whole logs.

CHUNK = 1 << 13
"""Leaves hashed at a time: a perfect subtree, but for the last."""
WORTH_A_POOL = 8 * CHUNK
"""Logs of fewer leaves are checked before other processes would have started."""

_FIRST = b'{"action":"'
_KEYS = [b"source", b"subject", b"v"]

Part = bytes | tuple[str, int, int]
"""Leaf lines, or where they are: a file, the place of the first byte, how many bytes."""
Progress = Callable[[int, int], None]
"""Told how many leaves are done, and how many there are."""


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
        return _folded([*self.hashes, *chunk.cuts[count]])

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
            f"no checkpoint covers all {size} leaves that the file says it holds"
        )
    ours = [Checkpoint.read(note, key, "held checkpoint") for note in held]
    for each in ours:
        if each.size > size:
            raise CheckFailedError(
                f"held checkpoint: it covers {each.size} leaves, the log {size}: its tail was cut off,"
                " unless it was exported before your checkpoint was signed"
            )
    stops = [(each, "checkpoint") for each in signed] + [
        (each, "checkpoint you held") for each in ours
    ]
    stops.sort(key=lambda stop: stop[0].size)
    cuts = [stop.size for stop, _ in stops]
    chunks = _chunks(parts, cuts, jobs if size > WORTH_A_POOL else 1)
    return LogResult(
        origin=key.name,
        size=size,
        checkpoints=len(signed),
        lines=_check_tree(chunks, size, stops, progress),
        held=tuple(each.size for each in ours),
    )


def _size_said(line: bytes, key: Key) -> int:
    header = _object(line, "line 1")
    size = header.get("size")
    expected = {"kind": "header", "format": LOG_FORMAT, "origin": key.name, "size": size}
    if type(size) is not int or size < 0 or line != _spelled(expected):
        raise CheckFailedError(f"line 1: not a log of {key.name} in the format {LOG_FORMAT}")
    return size


def _signed(lines: Sequence[bytes], key: Key) -> list[Checkpoint]:
    """Read the checkpoints before the first leaf, smallest first."""
    found: list[Checkpoint] = []
    for number, line in enumerate(lines, 2):
        what = f"checkpoint in line {number}"
        note = str(_object(line, what).get("note"))
        made = Checkpoint.read(note, key, what)
        if line != _spelled({"kind": "checkpoint", "note": note}):
            raise CheckFailedError(f"{what}: not in canonical form")
        if found and made.size <= found[-1].size:
            raise CheckFailedError(f"{what}: it stands after a larger one")
        found.append(made)
    return found


def _spelled(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


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
        said = f"the file says it holds {size:,} leaves, but {tree.size:,} are there"
        raise CheckFailedError(f"leaf {min(tree.size, size)}: {said}")
    return len(reached)


def _agreed(stop: tuple[Checkpoint, str], root: bytes, good: int) -> int:
    """Return the size up to which the log is as it was signed. Raises `CheckFailedError`."""
    checkpoint, what = stop
    if checkpoint.root == root:
        return checkpoint.size
    raise CheckFailedError(
        f"leaf {good} to {checkpoint.size - 1}: the {what} over {checkpoint.size} leaves was signed over"
        f" others: the log was rewritten there; the {good} before are as they were signed"
    )


def _check_runs(chunk: Chunk, start: int, reached: dict[bytes, int]) -> None:
    """Check that each line of events goes on where it stood; name the first leaf that is wrong."""
    wrong = [chunk.wrong] if chunk.wrong else []
    if runs := chunk.runs:
        said = zip(runs.lines.split(b"\n"), runs.firsts, runs.lasts, runs.places, strict=True)
        for line, first, last, place in said:
            if first != (expected := reached.get(line, 0) + 1):
                wrong.append((place, _missing(line, expected)))
            reached[line] = last
    if wrong:
        place, text = min(wrong)
        raise CheckFailedError(f"leaf {start + place}: {text}")


def _missing(line: bytes, expected: int) -> str:
    return f"step {expected} of {line.decode(errors='replace')} is missing before it"


def _chunks(parts: Iterable[Part], cuts: Sequence[int], jobs: int) -> Iterator[Chunk]:
    """Hash the leaves, *jobs* parts at a time, and give them back in order, cut at sizes *cuts*."""
    wanted = (
        (part, [cut - start for cut in cuts if start < cut <= start + CHUNK])
        for part, start in zip(parts, count(0, CHUNK), strict=False)
    )
    if jobs <= 1:
        yield from starmap(hash_part, wanted)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        waiting = deque(pool.apply_async(hash_part, each) for each in islice(wanted, 2 * jobs))
        while waiting:
            found = waiting.popleft().get()
            waiting.extend(pool.apply_async(hash_part, each) for each in islice(wanted, 1))
            yield found


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
            wrong = (place, _missing(line, lasts[at] + 1))
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


def _folded(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256().digest()
    *rest, joined = hashes
    for left in reversed(rest):
        joined = node_hash(left, joined)
    return joined


# The command.


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names; print what held, or the first thing that is wrong."""
    asked = _parser().parse_args(arguments)
    try:
        lines = list(_run(asked))
    except CheckFailedError as failure:
        sys.stdout.write(f"BAD: {failure}.\n")
        return FAILED
    except WrongUseError as wrong:
        sys.stderr.write(f"onward_verify: {wrong}\n")
        return WRONG_USE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onward_verify",
        description="Check an Onward audit bundle, or a whole log, offline, from the log's public key.",
        epilog="Exit codes: 0 all of it held, 1 a check failed, 2 it could not be tried.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the exported bundle or log")
    parser.add_argument(
        "--key",
        required=True,
        help="the log's public key, or a file that holds it; get it from the log's operator once,"
        " and not with the bundle",
    )
    parser.add_argument("--held", type=Path, help="an older checkpoint that you kept")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        help="the key of a witness, or a file that holds it, that must have countersigned; repeatable",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes for a whole log"
    )
    parser.add_argument(
        "--proof",
        type=Path,
        help="with --held and a bundle: the answer of /api/v1/audit/proofs?from=OLDER&to=NEWER",
    )
    return parser


def _run(asked: argparse.Namespace) -> Iterator[str]:
    key = Key.parse(key_text(asked.key))
    if is_log(asked.file):
        bar = _bar if sys.stderr.isatty() else None
        return log_story(
            verify_log_file(asked.file, key, held=asked.held, jobs=asked.jobs, progress=bar)
        )
    witnesses = [Key.parse(key_text(each), COSIGNATURE) for each in asked.witness]
    return story(
        verify_file(asked.file, key, held=asked.held, proof=asked.proof, witnesses=witnesses)
    )


def _bar(done: int, total: int) -> None:
    """Draw how far the check has come, over what was drawn before."""
    filled = 40 * done // max(1, total)
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done:,} of {total:,} leaves{end}")


def is_log(path: Path) -> bool:
    """Tell whether a file says that it holds a whole log. Raises `WrongUseError`."""
    try:
        with path.open("rb") as file:
            return LOG_FORMAT.encode() in file.readline(1000)
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read: {error.strerror}.") from None


def verify_log_file(
    path: Path,
    key: Key,
    *,
    held: Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> LogResult:
    """Check a whole log in a file. Raises `CheckFailedError` or `WrongUseError`."""
    kept = [_read(held).decode(errors="replace")] if held else []
    with path.open("rb") as file:
        opening = []
        while (line := file.readline()).startswith(b"{"):
            opening.append(line)
        start = file.tell() - len(line)
        file.seek(start)
        parts = ((str(path), at, length) for at, length in _ranges(file, start))
        return verify_log(opening, parts, key, held=kept, jobs=jobs, progress=progress)


def _ranges(file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Yield where each run of `CHUNK` lines begins, and its length in bytes."""
    begin = at = start
    lines = 0
    while block := file.read(1 << 20):
        ends, place = block.count(b"\n"), 0
        while lines + ends >= CHUNK:
            for _ in range(CHUNK - lines):
                place = block.index(b"\n", place) + 1
            ends, lines = ends - (CHUNK - lines), 0
            yield begin, at + place - begin
            begin = at + place
        lines, at = lines + ends, at + len(block)
    if begin < at:
        yield begin, at - begin


def verify_file(
    bundle: Path,
    key: Key,
    *,
    held: Path | None = None,
    proof: Path | None = None,
    witnesses: Sequence[Key] = (),
) -> Result:
    """Check a bundle in a file, against an older checkpoint where one is given.

    Raises `CheckFailedError` or `WrongUseError`.
    """
    if (held is None) != (proof is None):
        raise WrongUseError("Give --held and --proof together.")
    raw = _read(bundle)
    result = verify(raw, key, witnesses)
    if held is None or proof is None:
        return result
    answer = _object(_read(proof), "the proof")
    size = verify_held(raw, _read(held).decode(errors="replace"), answer, key)
    return replace(result, held=size)


def key_text(given: str) -> str:
    """Return the key that *given* is, or that the file of this name holds."""
    if "+" in given and not Path(given).exists():
        return given
    return _read(Path(given)).decode(errors="replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read: {error.strerror}.") from None


def story(result: Result) -> Iterator[str]:
    """Say what held, line by line."""
    yield f"Referral    {result.referral}"
    yield f"Checkpoint  signed by {result.origin} over {result.size:,} leaves"
    yield f"Leaves      {result.leaves} of {result.leaves} proved to be in the signed log"
    yield f"Order       no step missing in {result.lines} lines of events"
    yield "File        as it was exported"
    if result.held is not None:
        yield f"History     begins with all {result.held:,} leaves of the checkpoint you held"
    for name, size, at in result.witnessed:
        yield f"Witness     {name} saw its first {size:,} leaves on {at:%Y-%m-%d at %H:%M:%S} UTC"
    yield "GOOD: nothing was changed, left out or added."


def log_story(result: LogResult) -> Iterator[str]:
    """Say what held of a whole log, line by line."""
    yield f"Log         {result.origin}"
    yield f"Leaves      all {result.size:,} as they were signed"
    yield f"Checkpoints {result.checkpoints:,} signed, each over the beginning of this log"
    yield f"Order       no event missing in {result.lines:,} lines of events"
    for size in result.held:
        yield f"History     begins with all {size:,} leaves of the checkpoint you held"
    yield "GOOD: nothing was changed, left out or added."


if __name__ == "__main__":
    sys.exit(main())
