"""The evidence of one referral in one file: JSON lines that can be checked offline, years later.

Line by line: a header; the signed checkpoint; the newest one that outsiders countersigned, if any;
each leaf with its inclusion proof, in the log's order;
and a seal, which is a signed note over everything before it, so that no leaf can be left out unseen.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.leaf import Entry, canonical
from services.audit.domain.notes import Signer

FORMAT: Final = "onward-audit-bundle/1"
LOG_FORMAT: Final = "onward-audit-log/1"
"""Of a whole log: a header, checkpoints, smallest first, then a line per leaf, ``<hash> <content>``."""
MEDIA_TYPE: Final = "application/jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A leaf with the proof that it is in the checkpoint's tree."""

    entry: Entry
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A checkpoint that outsiders countersigned, and the proof that the bundle's log begins with it."""

    note: str
    path: Sequence[bytes]


def bundle(
    referral: UUID,
    leaves: Sequence[Proved],
    checkpoint: Checkpoint,
    signer: Signer,
    *,
    made: datetime,
    witnessed: Witnessed | None = None,
) -> bytes:
    """Return the bundle of *referral*: the same bytes whenever it is made from the same facts."""
    header = {
        "kind": "header",
        "format": FORMAT,
        "origin": signer.key.name,
        "referral": str(referral),
        "size": checkpoint.size,
        "leaves": len(leaves),
        "made": made.isoformat(),
    }
    content = b"".join(_lines(header, checkpoint, witnessed, leaves))
    note = signer.sign(_seal_text(signer.key.name, header, content))
    return content + canonical({"kind": "seal", "note": note}) + b"\n"


def _lines(
    header: dict[str, object],
    checkpoint: Checkpoint,
    witnessed: Witnessed | None,
    leaves: Sequence[Proved],
) -> Iterator[bytes]:
    yield canonical(header) + b"\n"
    yield canonical({"kind": "checkpoint", "note": checkpoint.note}) + b"\n"
    if witnessed:
        proof = [b64encode(hashed).decode() for hashed in witnessed.path]
        seen: dict[str, object] = {"kind": "witnessed", "note": witnessed.note, "proof": proof}
        yield canonical(seen) + b"\n"
    for proved in leaves:
        line = {
            "kind": "leaf",
            "number": proved.entry.number,
            "leaf": proved.entry.body.decode(),
            "proof": [b64encode(hashed).decode() for hashed in proved.path],
        }
        yield canonical(line) + b"\n"


def _seal_text(origin: str, header: dict[str, object], content: bytes) -> str:
    """Return what the seal signs; its first line keeps it from ever being read as a checkpoint."""
    digest = b64encode(sha256(content).digest()).decode()
    facts = (header["referral"], header["size"], header["leaves"], digest)
    return "".join(f"{line}\n" for line in (f"{origin}/bundle", *facts))
