"""Does what is stored still agree with what was signed? Checked part by part, from the first leaf on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.audit.domain.checkpoint import Checkpoint, is_true
from services.audit.domain.leaf import Stored, is_whole
from services.audit.domain.notes import NoteKey
from services.audit.domain.tree import Edge, Position, grow

FORKED: Final = "forked"
"""The tree is no longer the one that was signed, whatever its parts say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way in which the log no longer agrees with what was signed."""

    code: str
    """``leaf-missing``, ``leaf-altered``, ``leaf-inserted``, ``tail-cut``, ``tree-altered``,
    ``checkpoint-altered``, ``root-differs`` or ``forked``."""
    leaf: int | None = None
    """The first leaf that is wrong, where it can be told."""

    def is_earlier_than(self, other: "Finding | None") -> bool:
        """Tell whether this says more than *other*, which was found before."""
        if other is None:
            return True
        return self.leaf is not None and (other.leaf is None or self.leaf < other.leaf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is stored about a run of leaves."""

    leaves: Sequence[Stored]
    subtrees: Mapping[Position, bytes]
    """Of two leaves and more, completed by these leaves."""
    checkpoints: Sequence[Checkpoint]
    """Signed over sizes that these leaves brought, smallest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the present check has come, and how the last ones ended."""

    edge: Edge = field(default_factory=Edge)
    """Of the leaves found good so far."""
    finished_at: datetime | None = None
    finished_size: int | None = None
    """Leaves that the last complete check found good."""
    finding: Finding | None = None
    found_at: datetime | None = None

    def reached(self, edge: Edge) -> "Progress":
        """Return the check after it found every leaf up to *edge* good."""
        return replace(self, edge=edge)

    def restarted(self) -> "Progress":
        """Return the beginning of the next check, this one left unfinished."""
        return replace(self, edge=Edge())

    def finished(self, *, at: datetime) -> "Progress":
        """Return the beginning of the next check, after this one found every leaf good."""
        kept = self.finding if self.finding and self.finding.code == FORKED else None
        return replace(
            self,
            edge=Edge(),
            finished_at=at,
            finished_size=self.edge.size,
            finding=kept,
            found_at=self.found_at if kept else None,
        )

    def found(self, finding: Finding, *, at: datetime) -> "Progress":
        """Return the beginning of the next check, after this one found something wrong."""
        return replace(self, edge=Edge(), finding=finding, found_at=at)


def check_ends(*, size: int, last: int | None, latest: Checkpoint) -> Finding | None:
    """Tell whether the log ends where its head (*size*) and its *latest* checkpoint say.

    *last* is the number of the last leaf there is.
    """
    stored = 0 if last is None else last + 1
    if stored < max(size, latest.size):
        return Finding(code="tail-cut", leaf=stored)
    if stored > size:
        return Finding(code="leaf-inserted", leaf=size)
    return None


def check_part(edge: Edge, stop: int, part: Part, key: NoteKey) -> Edge | Finding:
    """Return the edge after the leaves up to *stop*, or the first thing that is wrong with them."""
    for checkpoint in part.checkpoints:
        if not is_true(checkpoint, key):
            return Finding(code="checkpoint-altered")
    if wrong := _first_wrong_leaf(range(edge.size, stop), part.leaves):
        return wrong
    return _grown(edge, part)


def _first_wrong_leaf(numbers: Iterable[int], leaves: Sequence[Stored]) -> Finding | None:
    stored = iter(leaves)
    for number in numbers:
        leaf = next(stored, None)
        if leaf is None or leaf.number != number:
            return Finding(code="leaf-missing", leaf=number)
        if not is_whole(leaf):
            return Finding(code="leaf-altered", leaf=number)
    return None


def _grown(edge: Edge, part: Part) -> Edge | Finding:
    """Grow the tree anew, and hold it against every stored subtree and every checkpoint."""
    hashes = [leaf.hash for leaf in part.leaves]
    start = edge.size
    completed: set[Position] = set()
    for size, checkpoint in _stops(start + len(hashes), part.checkpoints):
        growth = grow(edge, hashes[edge.size - start : size - start])
        for level, number, hashed in growth.nodes:
            if part.subtrees.get((level, number)) != hashed:
                return Finding(code="tree-altered", leaf=number << level)
            completed.add((level, number))
        edge = growth.edge
        if checkpoint and checkpoint.root != edge.root:
            return Finding(code="root-differs")
    if len(completed) != len(part.subtrees):
        return Finding(code="tree-altered")
    return edge


def _stops(
    stop: int, checkpoints: Sequence[Checkpoint]
) -> Iterable[tuple[int, Checkpoint | None]]:
    for checkpoint in checkpoints:
        yield checkpoint.size, checkpoint
    yield stop, None
