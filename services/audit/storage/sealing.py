"""What auditors write, at rest: AES-256-GCM under a key derived from the platform's, bound to its case file.

Leaves never hold a personal word. People who look into something may write one, so that what they write is
sealed, and gone with the case file.
"""

import secrets
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onward.web.keys import derived_key

_NONCE: Final = 12


def seal(secret_key: str, text: str, *, case: UUID) -> bytes:
    """Return *text* encrypted; it opens for the same case file only."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(secret_key).encrypt(nonce, text.encode(), case.bytes)


def unseal(secret_key: str, sealed: bytes, *, case: UUID) -> str:
    """Return what was sealed. Raises `cryptography.exceptions.InvalidTag` when it was not by this key."""
    nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
    return _cipher(secret_key).decrypt(nonce, rest, case.bytes).decode()


def _cipher(secret_key: str) -> AESGCM:
    return AESGCM(derived_key(secret_key, "audit case file"))
