"""Seal personal details: AES-256-GCM under a key per person, itself wrapped under the platform's.

Whoever destroys a person's wrapped key has erased everything that was ever sealed about them.
"""

import hmac
import secrets
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from onward.errors import ConflictError

NONCE: Final = 12
"""Bytes; random per sealing: a key seals far fewer than the 2**32 values that would be too many."""
KEY: Final = 32


class Seal:
    """Seals and opens what is known about one person in one context.

    A sealed value opens only where it was sealed: same person, organisation, subject and field.
    """

    is_lost = False
    """Whether the key behind it was destroyed."""

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


class LostSeal(Seal):
    """Stands where a person's key was destroyed: what was sealed is gone, the rest of the story is not."""

    is_lost = True

    def __init__(self) -> None:
        """Hold nothing: there is no key."""

    def close(self, field: str, value: Any) -> bytes:  # noqa: ARG002 - nothing can be kept
        """Refuse: nothing more is written about somebody who was erased."""
        raise ConflictError(
            "person-erased", "This person's record was erased: nothing can be added to it."
        )

    def open(self, field: str, sealed: bytes) -> Any:  # noqa: ARG002 - nobody can open it
        """Return the empty value of *field*'s kind."""
        return {} if field.partition(".")[0] in _MAPPINGS else ""


_MAPPINGS: Final = frozenset({"pack", "section", "outcome"})
"""First parts of the names of fields that hold a mapping; every other one holds text."""


class PersonKey:
    """The key to everything about one person."""

    def __init__(self, key: bytes | None, wrapped: bytes | None) -> None:
        """Hold *key*, None where it was destroyed; *wrapped* is how the database keeps it."""
        self._key = key
        self.wrapped = wrapped

    def seal(self, *, organisation: UUID, about: UUID) -> Seal:
        """Return what seals in the context of *organisation* and *about*."""
        if self._key is None:
            return LostSeal()
        return Seal(self._key, organisation=organisation, about=about)


class Vault:
    """Makes and opens people's keys."""

    def __init__(self, secret_key: str) -> None:
        """Derive the wrapping key from the platform's secret (HKDF-SHA256, RFC 5869)."""
        kdf = HKDF(algorithm=SHA256(), length=KEY, salt=None, info=b"onward referral vault v1")
        self._cipher = AESGCM(kdf.derive(secret_key.encode()))
        search = HKDF(algorithm=SHA256(), length=KEY, salt=None, info=b"onward referral search v1")
        self._search = search.derive(secret_key.encode())

    def trace(self, organisation: UUID, text: str) -> bytes:
        """Return a keyed hash of *text* by which *organisation*, and nobody else, finds it again."""
        return hmac.digest(self._search, organisation.bytes + text.encode(), "sha256")

    def new_key(self, person_id: UUID) -> PersonKey:
        """Return a fresh key for a person."""
        key = AESGCM.generate_key(bit_length=8 * KEY)
        nonce = secrets.token_bytes(NONCE)
        return PersonKey(key, nonce + self._cipher.encrypt(nonce, key, person_id.bytes))

    def key(self, person_id: UUID, wrapped: bytes | None) -> PersonKey:
        """Return the key in *wrapped*, a lost one without; raise `InvalidTag` if it is not this person's."""
        if wrapped is None:
            return PersonKey(None, None)
        wrapped = bytes(wrapped)
        key = self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], person_id.bytes)
        return PersonKey(key, wrapped)


@cache
def vault_for(secret_key: str) -> Vault:
    """Return the vault behind *secret_key*, derived once per process."""
    return Vault(secret_key)
