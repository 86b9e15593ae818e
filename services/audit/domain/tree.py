"""The Merkle tree of RFC 6962 (SHA-256): how leaves and nodes are hashed, and how the tree grows.

A tree of any size is a row of perfect subtrees, largest first, one for each bit set in its size.
Their roots are its *edge*: all that is needed to append leaves or to tell the root. A perfect
subtree never changes once complete, so its root is worth storing: any proof is O(log n) of those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

HASH_LENGTH: Final = 32
"""Bytes of a SHA-256 hash."""
EMPTY_ROOT: Final = sha256().digest()

Position = tuple[int, int]
"""Level and index of a perfect subtree; it covers the leaves from ``index << level`` on."""


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of a leaf's content (RFC 6962, 2.1: prefix ``0x00``)."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side (RFC 6962, 2.1: prefix ``0x01``)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The right-hand edge of a tree: its size and its perfect subtrees' roots, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> "Edge":
        """Return the edge whose hashes stand one after another in *packed*."""
        starts = range(0, len(packed), HASH_LENGTH)
        return cls(size=size, hashes=tuple(packed[at : at + HASH_LENGTH] for at in starts))

    @property
    def packed(self) -> bytes:
        """The hashes one after another, 32 bytes each."""
        return b"".join(self.hashes)

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        return folded(self.hashes) if self.hashes else EMPTY_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What appending leaves brought about."""

    edge: Edge
    nodes: list[tuple[int, int, bytes]]
    """Level (1 and up), index and hash of every perfect subtree that became complete."""


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over perfect subtrees side by side, largest first, as a tree joins them."""
    *rest, joined = hashes
    for left in reversed(rest):
        joined = node_hash(left, joined)
    return joined


def grow(edge: Edge, leaves: Sequence[bytes]) -> Growth:
    """Append leaf hashes to the tree behind *edge*: about one hash each, whatever the size."""
    open_ = list(edge.hashes)
    nodes: list[tuple[int, int, bytes]] = []
    for index, leaf in enumerate(leaves, edge.size):
        joined, level, place = leaf, 0, index
        while place & 1:
            joined = sha256(b"\x01" + open_.pop() + joined).digest()
            level, place = level + 1, place >> 1
            nodes.append((level, place, joined))
        open_.append(joined)
    grown = Edge(size=edge.size + len(leaves), hashes=tuple(open_))
    return Growth(edge=grown, nodes=nodes)
