"""Seal personal details: AES-256-GCM under a key per person, itself wrapped under the platform's.

Whoever destroys a person's wrapped key has erased everything that was ever sealed about them.
"""

import hmac
import secrets
from contextlib import suppress
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from onward.errors import ConflictError
from onward.settings import Settings

NONCE: Final = 12
"""Bytes; random per sealing: a key seals far fewer than the 2**32 values that would be too many."""
KEY: Final = 32
KEY_ID: Final = 8
"""Bytes before a wrapped key that say which of the platform's keys opens it."""
UNNAMED: Final = NONCE + KEY + 16
"""Length of a key that was wrapped before the platform could have more than one: it begins with its nonce."""


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


class _Master:
    """One of the platform's keys: wraps people's keys, and hashes what people are found by."""

    def __init__(self, secret: str) -> None:
        self._wrapping = AESGCM(_derived(secret, b"onward referral vault v1"))
        self._search = _derived(secret, b"onward referral search v1")
        self.id = _derived(secret, b"onward referral key id v1")[:KEY_ID]

    def wrap(self, person_id: UUID, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return self.id + nonce + self._wrapping.encrypt(nonce, key, person_id.bytes)

    def unwrap(self, person_id: UUID, wrapped: bytes) -> bytes:
        return self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], person_id.bytes)

    def trace(self, organisation: UUID, text: str) -> bytes:
        return hmac.digest(self._search, organisation.bytes + text.encode(), "sha256")


class Vault:
    """Makes and opens people's keys. New ones are wrapped under the newest of the platform's keys."""

    def __init__(self, *masters: str) -> None:
        """Derive from each of the platform's secrets, the newest first (HKDF-SHA256, RFC 5869)."""
        self._masters = {one.id: one for one in map(_Master, masters)}
        self._newest = next(iter(self._masters.values()))

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """What the platform's keys are told apart by, the newest first; tells nothing about them."""
        return tuple(self._masters)

    def trace(self, organisation: UUID, text: str) -> bytes:
        """Return a keyed hash of *text* by which *organisation*, and nobody else, finds it again."""
        return self._newest.trace(organisation, text)

    def traces(self, organisation: UUID, text: str) -> list[bytes]:
        """Return the hashes that *text* may have been kept under: one for each of the platform's keys."""
        return [one.trace(organisation, text) for one in self._masters.values()]

    def new_key(self, person_id: UUID) -> PersonKey:
        """Return a fresh key for a person."""
        key = AESGCM.generate_key(bit_length=8 * KEY)
        return PersonKey(key, self._newest.wrap(person_id, key))

    def key(self, person_id: UUID, wrapped: bytes | None) -> PersonKey:
        """Return the key in *wrapped*, a lost one without.

        Raises `InvalidTag` if it is not this person's, or wrapped under none of the platform's keys.
        """
        if wrapped is None:
            return PersonKey(None, None)
        wrapped = bytes(wrapped)
        return PersonKey(self._unwrapped(person_id, wrapped), wrapped)

    def rewrapped(self, person_id: UUID, wrapped: bytes) -> PersonKey | None:
        """Return the key in *wrapped* under the newest of the platform's; None where none opens it."""
        try:
            key = self._unwrapped(person_id, bytes(wrapped))
        except InvalidTag:
            return None
        return PersonKey(key, self._newest.wrap(person_id, key))

    def _unwrapped(self, person_id: UUID, wrapped: bytes) -> bytes:
        if len(wrapped) > UNNAMED:
            master = self._masters.get(wrapped[:KEY_ID])
            if master is None:
                raise InvalidTag
            return master.unwrap(person_id, wrapped[KEY_ID:])
        for master in self._masters.values():
            with suppress(InvalidTag):
                return master.unwrap(person_id, wrapped)
        raise InvalidTag


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY, salt=None, info=purpose).derive(secret.encode())


def vault_of(settings: Settings) -> Vault:
    """Return the vault of a running service.

    What was wrapped before there were keys for this was wrapped under the platform's secret: that opens, too.
    """
    return vault_for(*settings.vault_keys, settings.secret_key)


@cache
def vault_for(*masters: str) -> Vault:
    """Return the vault behind the platform's secrets, the newest first; derived once per process."""
    return Vault(*masters)
