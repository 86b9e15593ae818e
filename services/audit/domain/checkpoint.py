"""Checkpoints (C2SP tlog-checkpoint): what the log was at one size, in three lines, signed."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from services.audit.domain.notes import NoteKey, Signer, opened
from services.audit.domain.tree import HASH_LENGTH, Edge

_LINES: Final = 3
"""Origin, size and root hash; we write no extension lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log at one size, as we signed it."""

    size: int
    """Number of leaves."""
    root: bytes
    note: str
    """The signed note itself, as given to whoever asks."""
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """What a checkpoint states."""

    origin: str
    size: int
    root: bytes


def origin_of(public_url: str) -> str:
    """Return the log's name: a schema-less URL, as the specification asks for."""
    return f"{urlsplit(public_url).netloc}/audit"


def log_id(origin: str) -> UUID:
    """Return the id under which events speak of the log."""
    return uuid5(NAMESPACE_URL, origin)


def sign(edge: Edge, signer: Signer, *, at: datetime) -> Checkpoint:
    """Return the signed checkpoint of the tree behind *edge*; the log's name is the key's name."""
    root = edge.root
    text = f"{signer.key.name}\n{edge.size}\n{b64encode(root).decode()}\n"
    return Checkpoint(size=edge.size, root=root, note=signer.sign(text), signed_at=at)


def head_of(note: str, key: NoteKey) -> TreeHead | None:
    """Return what a checkpoint states, or None unless *key* signed it and it is well-formed."""
    text = opened(note, key)
    lines = (text or "").split("\n")
    if len(lines) <= _LINES or lines[0] != key.name or not lines[1].isdecimal():
        return None
    try:
        root = b64decode(lines[2], validate=True)
    except NotBase64Error:
        return None
    if len(root) != HASH_LENGTH or str(int(lines[1])) != lines[1]:
        return None
    return TreeHead(origin=lines[0], size=int(lines[1]), root=root)


def is_true(checkpoint: Checkpoint, key: NoteKey) -> bool:
    """Tell whether what is stored beside a checkpoint's note is what its signature covers."""
    head = head_of(checkpoint.note, key)
    return head is not None and (head.size, head.root) == (checkpoint.size, checkpoint.root)
