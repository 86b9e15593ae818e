"""Countersignatures of witnesses (C2SP tlog-cosignature): "I saw this log at this size, at this time"."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from onward.errors import InvalidError

_COSIGNATURE: Final = b"\x04"
"""Signature type identifier of cosignature/v1 in the signed-note specification."""
_ID: Final = 4
_TIME: Final = 8
_SIGNATURE: Final = 64
_KEY: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """A witness's public key, under the name its signature lines carry."""

    name: str
    public: bytes
    """32 bytes (RFC 8032)."""

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line tells which key made it."""
        return sha256(self.name.encode() + b"\n" + _COSIGNATURE + self.public).digest()[:_ID]

    @classmethod
    def read(cls, text: str) -> "WitnessKey":
        """Return the key that *text*, ``<name>+<id>+<base64>``, is. Raises `InvalidError`."""
        try:
            name, id_, encoded = text.split("+", 2)
            raw = _unbase64(encoded)
            key = cls(name=name, public=raw[1:])
        except ValueError:
            raise _not_a_key() from None
        is_whole = raw[:1] == _COSIGNATURE and len(key.public) == _KEY and key.id.hex() == id_
        if not is_whole or not name or not name.isprintable() or " " in name:
            raise _not_a_key()
        return key

    def __str__(self) -> str:
        """Return the key in the form it is read from."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_COSIGNATURE + self.public).decode()}"


def names_key(line: str) -> tuple[str, bytes] | None:
    """Return the name and id of the key that a signature line says it is by, None if it is no such line."""
    dash, _, rest = line.rstrip("\n").partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        raw = _unbase64(encoded)
    except ValueError:
        return None
    if dash != "—" or not name or len(raw) != _ID + _TIME + _SIGNATURE:
        return None
    return name, raw[:_ID]


def witnessed_at(line: str, note: str, key: WitnessKey) -> datetime | None:
    """Return when *key* countersigned the checkpoint *note*, or None unless *line* shows that it did."""
    if names_key(line) != (key.name, key.id):
        return None
    raw = _unbase64(line.rstrip("\n").rpartition(" ")[2])[_ID:]
    seconds = int.from_bytes(raw[:_TIME], "big")
    text = note.rpartition("\n\n")[0] + "\n"
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(
            raw[_TIME:], signed_text(text, seconds)
        )
        return datetime.fromtimestamp(seconds, UTC)
    except (InvalidSignature, ValueError, OverflowError):
        return None


def signed_text(text: str, seconds: int) -> bytes:
    """Return what a witness signs: the *text* of a checkpoint and the time, in seconds since 1970."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _unbase64(text: str) -> bytes:
    """Decode the one spelling each value has. Raises `ValueError`."""
    try:
        raw = b64decode(text, validate=True)
    except NotBase64Error as error:
        raise ValueError from error
    if b64encode(raw).decode() != text:
        raise ValueError
    return raw


def _not_a_key() -> InvalidError:
    return InvalidError(
        "witness-key-malformed",
        "Send the key as <name>+<id>+<base64>, of type 4 (cosignature/v1), as onward-witness prints it.",
    )
