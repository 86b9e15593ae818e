"""Inclusion and consistency proofs (RFC 6962, 2.1.1 and 2.1.2), checked as RFC 9162, 2.1, says.

A proof is a list of hashes over ranges of leaves. Which ranges depends on sizes alone, so that
they are planned first, their stored subtrees fetched at once for any number of proofs, and the
proofs put together from those.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from onward.errors import InvalidError
from services.audit.domain.tree import HASH_LENGTH, Position, folded, node_hash

Range = tuple[int, int]
"""The leaves from the first number up to, not including, the second."""
Plan = list[Range]
"""The ranges a proof has a hash of, in the proof's order."""

LARGEST: Final = 2**62
"""More leaves than any log holds; keeps sizes within what the database can count."""


def plan_inclusion(leaf: int, size: int) -> Plan:
    """Return the ranges of the proof that *leaf* is in the tree of *size* leaves.

    Raises `InvalidError` when the tree has no such leaf.
    """
    if not 0 <= leaf < size <= LARGEST:
        raise InvalidError("leaf-outside-tree", "Name a leaf from 0 up to the size less one.")
    start, stop = 0, size
    plan: Plan = []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if leaf < middle:
            plan.append((middle, stop))
            stop = middle
        else:
            plan.append((start, middle))
            start = middle
    return plan[::-1]


def plan_consistency(old: int, new: int) -> Plan:
    """Return the ranges of the proof that the tree of *old* leaves begins that of *new* leaves.

    Raises `InvalidError` unless 0 ≤ *old* ≤ *new*.
    """
    if not 0 <= old <= new <= LARGEST:
        raise InvalidError("sizes-out-of-order", "Name an older size first, then a newer one.")
    if old in {0, new}:
        return []
    start, stop, whole = 0, new, True
    plan: Plan = []
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            plan.append((middle, stop))
            stop = middle
        else:
            plan.append((start, middle))
            start, whole = middle, False
    if not whole:
        plan.append((start, stop))
    return plan[::-1]


def _split(width: int) -> int:
    """Return the largest power of two below *width*: the tree's left part (RFC 6962, 2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def subtrees(range_: Range) -> list[Position]:
    """Return the perfect subtrees that make up a range of a plan, largest first."""
    start, stop = range_
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def needed(plans: Iterable[Plan]) -> set[Position]:
    """Return every perfect subtree whose hash the proofs of *plans* are made of."""
    return {position for plan in plans for range_ in plan for position in subtrees(range_)}


def proof(plan: Plan, stored: Mapping[Position, bytes]) -> list[bytes]:
    """Return the proof for *plan* from *stored* hashes. Raises `KeyError` when one is missing."""
    return [folded([stored[position] for position in subtrees(range_)]) for range_ in plan]


def is_included(
    leaf: int, size: int, *, hashed: bytes, path: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether *path* proves that *hashed* is the hash of leaf number *leaf* under *root*."""
    if not 0 <= leaf < size or not _well_formed([hashed, root, *path]):
        return False
    at, last, joined = leaf, size - 1, hashed
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            joined = node_hash(sibling, joined)
            at, last = _up_from_the_right(at, last)
        else:
            joined = node_hash(joined, sibling)
            at, last = at >> 1, last >> 1
    return last == 0 and joined == root


def is_consistent(
    old: int, new: int, *, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether *path* proves that the newer tree begins with all leaves of the older one."""
    if not 0 <= old <= new or not _well_formed([old_root, new_root, *path]):
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path
    return bool(path) and _both_roots_follow(old, new, old_root, new_root, path)


def _both_roots_follow(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first, *rest = path if at else [old_root, *path]
    before = after = first
    for sibling in rest:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            at, last = _up_from_the_right(at, last)
        else:
            after = node_hash(after, sibling)
            at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _up_from_the_right(at: int, last: int) -> tuple[int, int]:
    """Climb past the levels at which a right-most subtree has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at >> 1, last >> 1


def _well_formed(hashes: Iterable[bytes]) -> bool:
    return all(len(hashed) == HASH_LENGTH for hashed in hashes)
