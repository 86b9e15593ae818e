"""Signed notes (C2SP signed-note): a few lines of text with an Ed25519 signature under them."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ED25519: Final = b"\x01"
"""Signature type identifier of Ed25519 in the signed-note specification."""
_ID_LENGTH: Final = 4
_PURPOSE: Final = b"onward audit checkpoint v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A public key under the name that signature lines carry."""

    name: str
    public: bytes
    """32 bytes (RFC 8032)."""

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line tells which key made it."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_LENGTH]

    def __str__(self) -> str:
        """Return the key in the form verifiers take: name, id and key, joined by plus signs."""
        encoded = b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


class Signer:
    """Signs notes. Its key is derived from a secret that stays off the database's machine."""

    def __init__(self, secret: str, name: str) -> None:
        """Derive the key from *secret* (HKDF-SHA256, RFC 5869) and sign under *name*."""
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
        self._private = Ed25519PrivateKey.from_private_bytes(kdf.derive(secret.encode()))
        self.key = NoteKey(name=name, public=self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Return *text*, which ends in a newline, as a signed note."""
        signature = b64encode(self.key.id + self._private.sign(text.encode())).decode()
        return f"{text}\n— {self.key.name} {signature}\n"


def opened(note: str, key: NoteKey) -> str | None:
    """Return the text of *note*, or None unless *key* signed it.

    Other keys' signatures are ignored.
    """
    text, found, signatures = note.rpartition("\n\n")
    if not found:
        return None
    text += "\n"
    ours = [
        signed for line in signatures.split("\n") if (signed := _signature(line, key)) is not None
    ]
    good = [_is_signed(text, signature, key) for signature in ours]
    return text if good and all(good) else None


def _signature(line: str, key: NoteKey) -> bytes | None:
    """Return the signature in *line* if it says that *key* made it."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or name != key.name:
        return None
    try:
        raw = b64decode(encoded, validate=True)
    except NotBase64Error:
        return None
    if b64encode(raw).decode() != encoded:
        return None  # another spelling of the same bytes
    return raw[_ID_LENGTH:] if raw[:_ID_LENGTH] == key.id else None


def _is_signed(text: str, signature: bytes, key: NoteKey) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True
