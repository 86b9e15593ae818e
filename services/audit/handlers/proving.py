"""Prove to others what is in the log, and that it only ever grew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onward.database import UnitOfWork
from onward.errors import ConflictError, InvalidError
from services.audit.domain import proofs
from services.audit.domain.bundle import Proved
from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.leaf import Entry
from services.audit.domain.proofs import Plan
from services.audit.domain.tree import EMPTY_ROOT, Position, folded, leaf_hash
from services.audit.handlers.notary import Notary
from services.audit.handlers.sealing import seal
from services.audit.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Proof that a leaf is in the tree of a size."""

    leaf: int
    size: int
    hash: bytes
    """Of the leaf."""
    proof: Sequence[bytes]
    root: bytes
    """Of the tree of that size, to hold against a checkpoint over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """Proof that a newer tree begins with the whole of an older one."""

    old: int
    new: int
    proof: Sequence[bytes]
    old_root: bytes
    new_root: bytes


def sealed(uow: UnitOfWork[Store], notary: Notary) -> Checkpoint:
    """Return a checkpoint over the whole log. Raises `ConflictError` when it is not sound."""
    checkpoint = seal(uow, notary)
    if checkpoint is None:
        raise _unsound()
    return checkpoint


def latest_checkpoint(uow: UnitOfWork[Store], notary: Notary) -> Checkpoint:
    """Return the newest checkpoint; a log that was never signed is signed now. Raises as `sealed`."""
    return uow.store.checkpoints.latest() or sealed(uow, notary)


def prove_inclusion(store: Store, leaf: int, size: int) -> Inclusion:
    """Return the proof that *leaf* is in the tree of the first *size* leaves.

    Raises `InvalidError` when the log has no such leaf or size.
    """
    _require_size(store, size)
    plan, whole = proofs.plan_inclusion(leaf, size), _whole(size)
    stored = _stored(store, [plan, whole, [(leaf, leaf + 1)]])
    return Inclusion(
        leaf=leaf,
        size=size,
        hash=stored[0, leaf],
        proof=proofs.proof(plan, stored),
        root=_root(whole, stored),
    )


def prove_consistency(store: Store, old: int, new: int) -> Consistency:
    """Return the proof that the tree of *new* leaves begins with that of *old*. Raises likewise."""
    _require_size(store, new)
    plan = proofs.plan_consistency(old, new)
    before, after = _whole(old), _whole(new)
    stored = _stored(store, [plan, before, after])
    return Consistency(
        old=old,
        new=new,
        proof=proofs.proof(plan, stored),
        old_root=_root(before, stored),
        new_root=_root(after, stored),
    )


def prove(store: Store, entries: Sequence[Entry], size: int) -> list[Proved]:
    """Return each of *entries* with its proof in the tree of *size* leaves.

    Raises `ConflictError` when parts of the tree are gone.
    """
    plans = [proofs.plan_inclusion(entry.number, size) for entry in entries]
    stored = _stored(store, plans)
    return [
        Proved(entry=entry, path=proofs.proof(plan, stored))
        for entry, plan in zip(entries, plans, strict=True)
    ]


def proved_numbers(
    store: Store, entries: Sequence[Entry], checkpoint: Checkpoint | None
) -> frozenset[int]:
    """Return the numbers of those of *entries* whose content the checkpoint's tree proves."""
    if checkpoint is None:
        return frozenset()
    covered = [entry for entry in entries if entry.number < checkpoint.size]
    plans = [proofs.plan_inclusion(entry.number, checkpoint.size) for entry in covered]
    stored = store.log.subtrees(proofs.needed(plans))
    return frozenset(
        entry.number
        for entry, plan in zip(covered, plans, strict=True)
        if _is_proved(entry, plan, stored, checkpoint)
    )


def _is_proved(
    entry: Entry, plan: Plan, stored: Mapping[Position, bytes], checkpoint: Checkpoint
) -> bool:
    if not proofs.needed([plan]) <= stored.keys():
        return False  # somebody took parts of the tree away
    return proofs.is_included(
        entry.number,
        checkpoint.size,
        hashed=leaf_hash(entry.body),
        path=proofs.proof(plan, stored),
        root=checkpoint.root,
    )


def _whole(size: int) -> Plan:
    return [(0, size)] if size else []


def _root(whole: Plan, stored: Mapping[Position, bytes]) -> bytes:
    if not whole:
        return EMPTY_ROOT
    return folded([stored[position] for position in proofs.subtrees(whole[0])])


def _stored(store: Store, plans: Sequence[Plan]) -> dict[Position, bytes]:
    needed = proofs.needed(plans)
    stored = store.log.subtrees(needed)
    if len(stored) != len(needed):
        raise _unsound()
    return stored


def _require_size(store: Store, size: int) -> None:
    if size > store.log.head().size:
        raise InvalidError("size-beyond-log", "Name a size that a checkpoint of this log has.")


def _unsound() -> ConflictError:
    return ConflictError(
        "log-not-sound",
        "The log is no longer what was signed before; tell the operator of Onward.",
    )
