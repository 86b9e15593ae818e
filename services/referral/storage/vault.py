"""Seal personal details: AES-256-GCM under a key per person, itself wrapped under the platform's.

Whoever destroys a person's wrapped key has erased everything that was ever sealed about them.
"""

import secrets
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE: Final = 12
"""Bytes; random per sealing: a key seals far fewer than the 2**32 values that would be too many."""
KEY: Final = 32


class Seal:
    """Seals and opens what is known about one person in one context.

    A sealed value opens only where it was sealed: same person, organisation, subject and field.
    """

    def __init__(self, key: bytes, *, organisation: UUID, about: UUID) -> None:
        """Bind to the sender's *organisation*, and to *about*: a referral, or the person's record."""
        self._cipher = AESGCM(key)
        self._context = f"{organisation}|{about}|"

    def close(self, field: str, value: Any) -> bytes:
        """Return *value* (anything JSON can say) sealed as *field*."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, orjson.dumps(value), self._bound(field))

    def open(self, field: str, sealed: bytes) -> Any:
        """Return what was sealed as *field*; raise `InvalidTag` when it was altered or moved."""
        sealed = bytes(sealed)
        plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], self._bound(field))
        return orjson.loads(plain)

    def _bound(self, field: str) -> bytes:
        return (self._context + field).encode()


class PersonKey:
    """The key to everything about one person."""

    def __init__(self, key: bytes, wrapped: bytes) -> None:
        """Hold *key*; *wrapped* is how the database keeps it."""
        self._key = key
        self.wrapped = wrapped

    def seal(self, *, organisation: UUID, about: UUID) -> Seal:
        """Return what seals in the context of *organisation* and *about*."""
        return Seal(self._key, organisation=organisation, about=about)


class Vault:
    """Makes and opens people's keys."""

    def __init__(self, secret_key: str) -> None:
        """Derive the wrapping key from the platform's secret (HKDF-SHA256, RFC 5869)."""
        kdf = HKDF(algorithm=SHA256(), length=KEY, salt=None, info=b"onward referral vault v1")
        self._cipher = AESGCM(kdf.derive(secret_key.encode()))

    def new_key(self, person_id: UUID) -> PersonKey:
        """Return a fresh key for a person."""
        key = AESGCM.generate_key(bit_length=8 * KEY)
        nonce = secrets.token_bytes(NONCE)
        return PersonKey(key, nonce + self._cipher.encrypt(nonce, key, person_id.bytes))

    def key(self, person_id: UUID, wrapped: bytes) -> PersonKey:
        """Return the key in *wrapped*; raise `InvalidTag` if it is not this person's, or not ours."""
        wrapped = bytes(wrapped)
        key = self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], person_id.bytes)
        return PersonKey(key, wrapped)


@cache
def vault_for(secret_key: str) -> Vault:
    """Return the vault behind *secret_key*, derived once per process."""
    return Vault(secret_key)
