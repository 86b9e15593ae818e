"""Signed notes, and the checkpoints that they carry (C2SP signed-note, tlog-checkpoint, tlog-cosignature)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from onward_verifier.findings import CheckFailedError, WrongUseError

ED25519 = 1
"""Signature type of Ed25519 in the signed-note specification."""
COSIGNATURE = 4
"""Signature type of a witness's cosignature/v1 there."""


def unbase64(text: str) -> bytes:
    """Decode the one spelling that each value has in base 64. Raises `ValueError` for any other."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError
    return raw


@dataclass(frozen=True)
class Key:
    """The log's public key: ``<name>+<id>+<base64>``, as the log publishes it."""

    name: str
    id: bytes
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str, kind: int = ED25519) -> Key:
        """Read a key; *kind* is `ED25519` or `COSIGNATURE`. Raises `WrongUseError` when it is none."""
        try:
            name, id_, encoded = text.strip().split("+", 2)
            raw = unbase64(encoded)
            public = Ed25519PublicKey.from_public_bytes(raw[1:])
        except ValueError:
            raise WrongUseError("The key is not of the form <name>+<id>+<base64>.") from None
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[0] != kind or expected.hex() != id_:
            raise WrongUseError("The key's id does not fit: it was not copied whole.")
        return cls(name=name, id=expected, public=public)

    def open(self, note: str, what: str) -> str:
        """Return the text of a signed note. Raises `CheckFailedError` unless this key signed it."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        ours = [raw for raw in map(self._signature, signatures.split("\n")) if raw]
        if not ours:
            raise CheckFailedError(f"{what}: not signed by {self.name} with this key")
        for signature in ours:
            try:
                self.public.verify(signature, text.encode())
            except InvalidSignature:
                raise CheckFailedError(
                    f"{what}: the signature does not fit what it says"
                ) from None
        return text

    def witnessed(self, note: str) -> datetime:
        """Return when this key countersigned a checkpoint. Raises `CheckFailedError` unless it did."""
        text, _, signatures = note.rpartition("\n\n")
        for raw in map(self._signature, signatures.split("\n")):
            seconds = int.from_bytes((raw or b"")[:8], "big")
            try:
                signed = f"cosignature/v1\ntime {seconds}\n{text}\n".encode()
                self.public.verify((raw or b"")[8:], signed)
                return datetime.fromtimestamp(seconds, UTC)
            except (InvalidSignature, ValueError, OverflowError):
                continue
        raise CheckFailedError(f"witness {self.name}: it countersigned no checkpoint in this file")

    def _signature(self, line: str) -> bytes | None:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or name != self.name:
            return None
        try:
            raw = unbase64(encoded)
        except ValueError:
            return None
        return raw[4:] if raw[:4] == self.id else None


@dataclass(frozen=True)
class Checkpoint:
    """What the log was at one size."""

    size: int
    root: bytes

    @classmethod
    def read(cls, note: str, key: Key, what: str = "checkpoint") -> Checkpoint:
        """Read a signed checkpoint. Raises `CheckFailedError`."""
        lines = key.open(note, what).split("\n")
        if lines[0] != key.name:
            raise CheckFailedError(f"{what}: it is of another log, {lines[0]}")
        try:
            size, root = int(lines[1]), unbase64(lines[2])
        except (IndexError, ValueError):
            raise CheckFailedError(f"{what}: it does not state a size and a root hash") from None
        return cls(size=size, root=root)
