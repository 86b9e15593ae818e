"""Merkle trees as RFC 6962 and RFC 9162 have them: how they are hashed, and what proves that they grew."""

import hashlib
from collections.abc import Sequence

from onward_verifier.notes import Checkpoint

HASH_LENGTH = 32
"""Bytes of a SHA-256 hash."""


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


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees side by side, largest first."""
    if not hashes:
        return hashlib.sha256().digest()
    *rest, joined = hashes
    for left in reversed(rest):
        joined = node_hash(left, joined)
    return joined
