"""Check an Onward audit bundle offline, from the log's public key alone.

    python onward_verify.py BUNDLE --key KEY

This file stands alone: copy it to any machine with Python 3.10 or later and the package `cryptography`.
It shares no code with Onward. What it relies on is published: RFC 6962 and RFC 9162 (Merkle trees),
C2SP signed-note and tlog-checkpoint, Ed25519 (RFC 8032).

What is checked, in this order:

1. the log's key signed the checkpoint: a size and the root hash of the tree over all its leaves;
2. each leaf is about the bundle's referral and, by its proof, in that tree at the number it bears;
3. no step is missing: events about the referral and its handoffs are numbered without gaps;
4. the log's key signed the file as a whole: no leaf was left out after the export;
5. with --held and --proof: the tree still begins with what an older checkpoint, kept by you, says.

Exit codes: 0 all of it held; 1 a check failed, named on the last line; 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "onward-audit-bundle/1"
ED25519 = 1
"""Signature type of Ed25519 in the signed-note specification."""
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
    def parse(cls, text: str) -> Key:
        """Read a key. Raises `WrongUseError` when it is none."""
        try:
            name, id_, encoded = text.strip().split("+", 2)
            raw = unbase64(encoded)
            public = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError:
            raise WrongUseError("The key is not of the form <name>+<id>+<base64>.") from None
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[0] != ED25519 or expected.hex() != id_:
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


def verify(raw: bytes, key: Key) -> Result:
    """Check a bundle. Raises `CheckFailedError` with the first thing that is wrong."""
    bundle = read_bundle(raw)
    head = Checkpoint.read(bundle.checkpoint, key)
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
    )


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


# The command.


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names; print what held, or the first thing that is wrong."""
    asked = _parser().parse_args(arguments)
    try:
        result = _run(asked)
    except CheckFailedError as failure:
        sys.stdout.write(f"BAD: {failure}.\n")
        return FAILED
    except WrongUseError as wrong:
        sys.stderr.write(f"onward_verify: {wrong}\n")
        return WRONG_USE
    sys.stdout.write("".join(f"{line}\n" for line in story(result)))
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onward_verify",
        description="Check an Onward audit bundle offline, from the log's public key alone.",
        epilog="Exit codes: 0 all of it held, 1 a check failed, 2 it could not be tried.",
    )
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="the exported file")
    parser.add_argument(
        "--key",
        required=True,
        help="the log's public key, or a file that holds it; get it from the log's operator once,"
        " and not with the bundle",
    )
    parser.add_argument("--held", type=Path, help="an older checkpoint that you kept")
    parser.add_argument(
        "--proof",
        type=Path,
        help="the answer of /api/v1/audit/proofs?from=OLDER&to=NEWER, as JSON",
    )
    return parser


def _run(asked: argparse.Namespace) -> Result:
    key = Key.parse(key_text(asked.key))
    return verify_file(asked.bundle, key, held=asked.held, proof=asked.proof)


def verify_file(
    bundle: Path, key: Key, *, held: Path | None = None, proof: Path | None = None
) -> Result:
    """Check a bundle in a file, against an older checkpoint where one is given.

    Raises `CheckFailedError` or `WrongUseError`.
    """
    if (held is None) != (proof is None):
        raise WrongUseError("Give --held and --proof together.")
    raw = _read(bundle)
    result = verify(raw, key)
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
    yield "GOOD: nothing was changed, left out or added."


if __name__ == "__main__":
    sys.exit(main())
