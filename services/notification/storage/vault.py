"""Webhook secrets at rest: AES-256-GCM under a key derived from the platform's, bound to their endpoint."""

import secrets
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onward.web.keys import derived_key

_NONCE: Final = 12


def seal(secret_key: str, plain: bytes, *, organisation: UUID, endpoint: UUID) -> bytes:
    """Return *plain* encrypted; it opens for the same organisation and endpoint only."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(secret_key).encrypt(nonce, plain, _bound(organisation, endpoint))


def unseal(secret_key: str, sealed: bytes, *, organisation: UUID, endpoint: UUID) -> bytes:
    """Return what was sealed. Raises `cryptography.exceptions.InvalidTag` when it was not by this key."""
    nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
    return _cipher(secret_key).decrypt(nonce, rest, _bound(organisation, endpoint))


def _cipher(secret_key: str) -> AESGCM:
    return AESGCM(derived_key(secret_key, "notification webhook secret"))


def _bound(organisation: UUID, endpoint: UUID) -> bytes:
    return f"{organisation}|{endpoint}|webhook-secret".encode()
