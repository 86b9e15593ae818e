"""The evidence of one referral: take the file apart, and check all that it claims.

In this order:

1. the log's key signed the checkpoint: a size and the root hash of the tree over all its leaves;
2. each leaf is about the bundle's referral and, by its proof, in that tree at the number it bears;
3. no step is missing: events about the referral and its handoffs are numbered without gaps;
4. the log's key signed the file as a whole: no leaf was left out after the export, and the PDF is its;
5. with an older checkpoint and a proof: the tree still begins with what that one says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onward_verifier.counting import leaves
from onward_verifier.documents import read_object, spelled
from onward_verifier.findings import CheckFailedError, WrongUseError
from onward_verifier.merkle import leaf_hash, proves_consistency, proves_inclusion
from onward_verifier.notes import Checkpoint, Key, unbase64

FORMATS = ("onward-audit-bundle/1", "onward-audit-bundle/2")
"""Those of format 2 hold the trail as a PDF besides."""


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
    document: bytes | None = None
    """The trail for people, as the log drew it."""
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
    document: bytes | None = None
    """The PDF in it, as it was sealed."""
    witnessed: tuple[tuple[str, int, datetime], ...] = ()
    """Which witnesses countersigned: their name, at which size, when."""


def read_bundle(raw: bytes) -> Bundle:
    """Take a file apart. Raises `CheckFailedError` when it is no whole bundle."""
    bundle = Bundle()
    for number, text in enumerate(raw.splitlines(keepends=True), 1):
        if bundle.seal:
            raise CheckFailedError(f"line {number}: something was added after the seal")
        _take(bundle, number, text)
    if bundle.header.get("format") not in FORMATS:
        raise CheckFailedError(f"line 1: not a bundle of the format {' or '.join(FORMATS)}")
    if not bundle.checkpoint:
        raise CheckFailedError("the bundle has no checkpoint")
    return bundle


def _note(document: dict[str, Any]) -> str:
    return str(document["note"])


def _witnessed(document: dict[str, Any]) -> tuple[str, list[bytes]]:
    return _note(document), [unbase64(each) for each in document["proof"]]


def _print(document: dict[str, Any]) -> bytes:
    return unbase64(document["content"])


_ONCE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "checkpoint": _note,
    "witnessed": _witnessed,
    "document": _print,
    "seal": _note,
}
"""How lines are read of which a bundle has one; each is kept under its name."""


def _take(bundle: Bundle, number: int, text: bytes) -> None:
    document = read_object(text, f"line {number}")
    kind = str(document.get("kind"))
    try:
        if kind == "header" and number == 1:
            bundle.header = document
        elif kind == "leaf":
            bundle.leaves.append(_leaf(number, document))
        elif kind in _ONCE and not getattr(bundle, kind):
            setattr(bundle, kind, _ONCE[kind](document))
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
        document=bundle.document,
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
            f"countersigned checkpoint: the log of {leaves(head.size)} does not begin with the {old.size}"
            " that witnesses saw: it was rewritten"
        )
    return tuple((witness.name, old.size, witness.witnessed(note)) for witness in witnesses)


def _check_leaf(leaf: Leaf, bundle: Bundle, head: Checkpoint) -> dict[str, Any]:
    """Check one leaf: its proof, its spelling, its referral."""
    if leaf.number >= head.size:
        raise CheckFailedError(f"{leaf.place}: the signed log ends before it, at {head.size}")
    if not proves_inclusion(leaf.number, leaf_hash(leaf.content), leaf.proof, head):
        raise CheckFailedError(f"{leaf.place}: {_why(leaf, bundle, head)}")
    facts = read_object(leaf.content, leaf.place)
    if spelled(facts) != leaf.content:
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
        raise CheckFailedError(
            f"the bundle says it holds {said} of the log's leaves, but it holds {there}"
        )
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
            f"held checkpoint: the log of {leaves(new.size)} does not begin with the {old.size} that"
            " were signed then: it was rewritten, or this is not the proof between the two"
        )
    return old.size
