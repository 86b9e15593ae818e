"""Workers' passwords: how they are made, stored and checked (Argon2id, RFC 9106)."""

import secrets
from collections.abc import Callable
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
"""Fewest characters a chosen password may have."""
LONGEST: Final = 128
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which people mix up when they copy them from paper."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's smallest recommended Argon2id setting: about 19 MiB and some 20 ms a check."""


def generate_password(
    groups: int = 4, length: int = 5, *, choose: Callable[[str], str] = secrets.choice
) -> str:
    """Return a random password, such as ``k7fgh-…``, with about 99 bits as it comes by default.

    *choose* picks one character of many; rehearsals that must repeat give their own.
    """
    return "-".join("".join(choose(_ALPHABET) for _ in range(length)) for _ in range(groups))


def hash_password(password: str) -> str:
    """Return what to store instead of *password*."""
    return _hasher.hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Tell whether *password* is the one *stored* was made from.

    Without a stored one it takes as long and says no: time must not tell who has an account.
    """
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(stored or _nobodys(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_new_hash(stored: str) -> bool:
    """Tell whether *stored* was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex())
