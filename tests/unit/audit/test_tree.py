"""The tree against published vectors, and against a naive reading of RFC 6962 written here."""

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import InvalidError
from services.audit.domain import proofs
from services.audit.domain.tree import EMPTY_ROOT, Edge, Position, grow, leaf_hash

# The leaves, roots and proofs that implementations of RFC 6962 are compared by: first published
# with Certificate Transparency, kept by transparency-dev.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION: dict[tuple[int, int], list[str]] = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY: dict[tuple[int, int], list[str]] = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


class Grown:
    """A tree kept as the service keeps it: an edge and every perfect subtree."""

    def __init__(self, bodies: list[bytes], batch: int = 3) -> None:
        self.edge = Edge()
        self.stored: dict[Position, bytes] = {}
        for start in range(0, len(bodies), batch):
            hashes = [leaf_hash(body) for body in bodies[start : start + batch]]
            for index, hashed in enumerate(hashes, start):
                self.stored[0, index] = hashed
            growth = grow(self.edge, hashes)
            self.edge = growth.edge
            self.stored |= {(level, index): hashed for level, index, hashed in growth.nodes}

    def proof(self, plan: proofs.Plan) -> list[bytes]:
        return proofs.proof(plan, self.stored)


def naive_root(bodies: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not bodies:
        return hashlib.sha256(b"").digest()
    if len(bodies) == 1:
        return hashlib.sha256(b"\0" + bodies[0]).digest()
    split = _below(len(bodies))
    joined = naive_root(bodies[:split]) + naive_root(bodies[split:])
    return hashlib.sha256(b"\1" + joined).digest()


def naive_path(leaf: int, bodies: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    if len(bodies) == 1:
        return []
    split = _below(len(bodies))
    if leaf < split:
        return [*naive_path(leaf, bodies[:split]), naive_root(bodies[split:])]
    return [*naive_path(leaf - split, bodies[split:]), naive_root(bodies[:split])]


def naive_subproof(old: int, bodies: list[bytes], *, whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word."""
    if old == len(bodies):
        return [] if whole else [naive_root(bodies)]
    split = _below(len(bodies))
    if old <= split:
        return [*naive_subproof(old, bodies[:split], whole=whole), naive_root(bodies[split:])]
    return [*naive_subproof(old - split, bodies[split:], whole=False), naive_root(bodies[:split])]


def _below(width: int) -> int:
    split = 1
    while split * 2 < width:
        split *= 2
    return split


def _hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert Grown(LEAVES[:size]).edge.root == ROOTS[size] == naive_root(LEAVES[:size])


def test_the_empty_tree_has_a_root() -> None:
    assert Edge().root == EMPTY_ROOT == ROOTS[0]


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_published_inclusion_proofs(leaf: int, size: int) -> None:
    path = Grown(LEAVES).proof(proofs.plan_inclusion(leaf, size))
    assert path == _hashes(INCLUSION[leaf, size])
    assert proofs.is_included(
        leaf, size, hashed=leaf_hash(LEAVES[leaf]), path=path, root=ROOTS[size]
    )


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int) -> None:
    path = Grown(LEAVES).proof(proofs.plan_consistency(old, new))
    assert path == _hashes(CONSISTENCY[old, new])
    assert proofs.is_consistent(old, new, old_root=ROOTS[old], new_root=ROOTS[new], path=path)


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_an_altered_inclusion_proof_proves_nothing(leaf: int, size: int) -> None:
    path, hashed, root = _hashes(INCLUSION[leaf, size]), leaf_hash(LEAVES[leaf]), ROOTS[size]
    other = hashlib.sha256(b"other").digest()
    altered = [
        (leaf - 1, size, hashed, path, root),
        (leaf + 1, size, hashed, path, root),
        (leaf ^ 2, size, hashed, path, root),
        (leaf, size * 2, hashed, path, root),
        (leaf, size // 2, hashed, path, root),
        (leaf, size, other, path, root),
        (leaf, size, b"short", path, root),
        (leaf, size, hashed, path, other),
        (leaf, size, hashed, [*path, b""], root),
        (leaf, size, hashed, [*path, root], root),
        (leaf, size, hashed, [b"", *path], root),
        (leaf, size, hashed, [root, *path], root),
        *((leaf, size, hashed, changed, root) for changed in _one_bit_each(path)),
        *((leaf, size, hashed, path[:-1], root) for _ in path[:1]),
    ]
    for at, of, leaf_hashed, hashes, under in altered:
        assert not proofs.is_included(at, of, hashed=leaf_hashed, path=hashes, root=under)


@pytest.mark.parametrize(("old", "new"), [pair for pair in CONSISTENCY if pair != (1, 1)])
def test_an_altered_consistency_proof_proves_nothing(old: int, new: int) -> None:
    path, before, after = _hashes(CONSISTENCY[old, new]), ROOTS[old], ROOTS[new]
    altered = [
        (old - 1 or new + 1, new, before, after, path),
        (old + 1, new, before, after, path),
        (old ^ 2, new, before, after, path),
        (old, new * 2, before, after, path),
        (old, new // 2, before, after, path),
        (old, new, ROOTS[0], after, path),
        (old, new, before, ROOTS[0], path),
        (old, new, after, before, path),
        (old, new, before, after, []),
        (old, new, before, after, [*path, before]),
        (old, new, before, after, [*path, after]),
        (old, new, before, after, [before, *path]),
        (old, new, before, after, [path[0], *path]),
        (old, new, before, after, path[:-1]),
        *((old, new, before, after, changed) for changed in _one_bit_each(path)),
    ]
    for at, of, old_root, new_root, hashes in altered:
        assert not proofs.is_consistent(at, of, old_root=old_root, new_root=new_root, path=hashes)


def _one_bit_each(path: list[bytes]) -> Iterator[list[bytes]]:
    for number, hashed in enumerate(path):
        changed = bytes([hashed[0] ^ 8]) + hashed[1:]
        yield [*path[:number], changed, *path[number + 1 :]]


@given(count=st.integers(1, 130), batch=st.integers(1, 17), data=st.data())
def test_proofs_of_any_tree_agree_with_the_standard_read_literally(
    count: int, batch: int, data: st.DataObject
) -> None:
    bodies = [str(number).encode() for number in range(count)]
    tree = Grown(bodies, batch)
    assert tree.edge.root == naive_root(bodies)

    size = data.draw(st.integers(1, count), label="size")
    leaf = data.draw(st.integers(0, size - 1), label="leaf")
    path = tree.proof(proofs.plan_inclusion(leaf, size))
    assert path == naive_path(leaf, bodies[:size])
    root = naive_root(bodies[:size])
    assert proofs.is_included(leaf, size, hashed=leaf_hash(bodies[leaf]), path=path, root=root)

    old = data.draw(st.integers(1, size), label="old")
    path = tree.proof(proofs.plan_consistency(old, size))
    assert path == naive_subproof(old, bodies[:size], whole=True)
    old_root = naive_root(bodies[:old])
    assert proofs.is_consistent(old, size, old_root=old_root, new_root=root, path=path)


def test_an_edge_survives_being_stored() -> None:
    edge = Grown(LEAVES[:7]).edge
    assert Edge.unpacked(edge.size, edge.packed) == edge


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    for leaf, size in ((0, 0), (8, 8), (-1, 8)):
        with pytest.raises(InvalidError):
            proofs.plan_inclusion(leaf, size)


def test_a_later_tree_cannot_be_the_beginning_of_an_earlier_one() -> None:
    with pytest.raises(InvalidError):
        proofs.plan_consistency(5, 4)
