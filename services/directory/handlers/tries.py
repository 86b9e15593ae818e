"""Slow down whoever guesses: tries are counted per name and per address before anything is checked."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from onward.database import UnitOfWork
from services.directory.storage.store import Store

WINDOW: Final = timedelta(minutes=15)
PER_ADDRESS: Final = 60
"""Wrong tries from one address in a window: a whole ward may sit behind one."""
PER_USERNAME: Final = 10
PER_CLIENT: Final = 50
"""More than for people: a system may ask for many tokens at once, and its secret is no guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One try to prove who somebody is. Names and addresses are kept as keyed digests only."""

    name: bytes
    address: bytes
    most: int
    """How often the name may be tried in a window."""

    @classmethod
    def of_worker(cls, key: bytes, *, username: str, address: str) -> "Guess":
        """Return a try to sign in; a username is counted wherever the try comes from."""
        return cls(
            name=_digest(key, f"worker {username}"),
            address=_digest(key, f"worker from {address}"),
            most=PER_USERNAME,
        )

    @classmethod
    def of_system(cls, key: bytes, *, client_id: str, address: str) -> "Guess":
        """Return a try for a token; counted per address, so that nobody else locks a system out."""
        return cls(
            name=_digest(key, f"system {client_id} {address}"),
            address=_digest(key, f"system from {address}"),
            most=PER_CLIENT,
        )

    @property
    def limits(self) -> Mapping[bytes, int]:
        """How often each part may be tried in a window."""
        return {self.name: self.most, self.address: PER_ADDRESS}


def count_try(uow: UnitOfWork[Store], guess: Guess) -> int:
    """Count a try before it is checked; return 0, or the seconds to wait instead of checking it.

    Commit whatever it returns: a try counts although it is refused.
    """
    waits = [0]
    for key, limit in sorted(guess.limits.items()):
        tried = uow.store.accounts.try_once(key, at=uow.now, window_began=uow.now - WINDOW)
        if tried.count > limit:
            waits.append(ceil((tried.since + WINDOW - uow.now).total_seconds()))
    return max(waits)


def forgive(uow: UnitOfWork[Store], guess: Guess) -> None:
    """Take a try that succeeded back."""
    uow.store.accounts.forgive(guess.name)
    uow.store.accounts.take_back(guess.address)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
