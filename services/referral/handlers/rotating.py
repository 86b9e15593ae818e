"""Have people's keys wrapped under the newest of the platform's, in batches, while the service runs."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from onward.contracts.access import VaultRotated
from onward.database import UnitOfWork
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault
from services.referral.storage.wrapping import Rewrapped

VAULT: Final = uuid5(NAMESPACE_URL, "onward/referral/vault")
"""The id under which the audit log speaks of the keys to people's records."""
_FIRST: Final = UUID(int=0)

Begin = Callable[[], AbstractContextManager[UnitOfWork[Store]]]
"""Begins a transaction of whoever rotates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many keys, of people, forms, questions and lists, each of the platform's keys wraps."""

    counts: Counter[bytes | None]
    newest: bytes

    @property
    def remaining(self) -> int:
        """How many are not under the newest."""
        return self.counts.total() - self.counts[self.newest]

    def under(self, key_id: bytes) -> int:
        """Return how many are known to be under one key."""
        return self.counts[key_id]

    @property
    def unnamed(self) -> int:
        """How many were wrapped when there was one key only, and do not say under which."""
        return self.counts[None]

    def unlisted(self, listed: tuple[bytes, ...]) -> dict[bytes, int]:
        """Return the keys that are needed and not among those *listed*, and how many each wraps."""
        return {key: n for key, n in self.counts.items() if key is not None and key not in listed}


def usage(uow: UnitOfWork[Store], vault: Vault) -> Usage:
    """Return which of the platform's keys wraps how many."""
    return Usage(counts=uow.store.wrapping.counts(), newest=vault.key_ids[0])


def rotate(begin: Begin, vault: Vault, *, batch: int) -> Iterator[Rewrapped]:
    """Wrap what is under other keys under the newest; yield what came of each batch, once it is committed.

    Each batch is a transaction of its own: whoever stops in the middle goes on later. Audit is told of
    the beginning and of the end, unless there is nothing to do.
    """
    with begin() as uow:
        remaining = usage(uow, vault).remaining
        if not remaining:
            return
        _tell(uow, vault, rewrapped=0, remaining=remaining)
    done = 0
    for step in (_people, _forms, _questions, _lists):
        for made in _batches(partial(step, begin, vault, batch)):
            done += made.done
            yield made
    with begin() as uow:
        _tell(uow, vault, rewrapped=done, remaining=usage(uow, vault).remaining)


def _batches(step: Callable[[UUID], Rewrapped]) -> Iterator[Rewrapped]:
    after: UUID | None = _FIRST
    while after is not None:
        made = step(after)
        after = made.last
        if after is not None:
            yield made


def _people(begin: Begin, vault: Vault, batch: int, after: UUID) -> Rewrapped:
    with begin() as uow:
        return uow.store.people.rewrap(vault, after, most=batch)


def _forms(begin: Begin, vault: Vault, batch: int, after: UUID) -> Rewrapped:
    with begin() as uow:
        return uow.store.unfinished.rewrap(vault, after, most=batch)


def _questions(begin: Begin, vault: Vault, batch: int, after: UUID) -> Rewrapped:
    with begin() as uow:
        return uow.store.advice.rewrap(vault, after, most=batch)


def _lists(begin: Begin, vault: Vault, batch: int, after: UUID) -> Rewrapped:
    with begin() as uow:
        return uow.store.lists.rewrap(vault, after, most=batch)


def _tell(uow: UnitOfWork[Store], vault: Vault, *, rewrapped: int, remaining: int) -> None:
    uow.emit(
        VaultRotated(
            vault_id=VAULT,
            under=vault.key_ids[0].hex(),
            rewrapped=rewrapped,
            remaining=remaining,
        )
    )
