"""Signing keys, one per purpose, all derived from the one secret that the services share."""

from functools import cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@cache
def derived_key(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for *purpose* only, by HKDF-SHA256 (RFC 5869)."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"onward {purpose} v1".encode())
    return kdf.derive(secret.encode())
