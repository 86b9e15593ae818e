"""The evidence of one referral in one file: JSON lines that can be checked offline, years later.

Line by line: a header; the signed checkpoint; the newest one that outsiders countersigned, if any;
each leaf with its inclusion proof, in the log's order; the trail as a PDF for people;
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

FORMAT: Final = "onward-audit-bundle/2"
FORMAT_1: Final = "onward-audit-bundle/1"
"""Before bundles held a PDF; those made then are made again as they were."""
PRINT: Final = "trail.pdf"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a bundle is made of."""

    referral: UUID
    leaves: Sequence[Proved]
    checkpoint: Checkpoint
    made: datetime
    document: bytes | None
    """The trail as a PDF; None for a bundle made before there were any."""
    witnessed: Witnessed | None = None


def bundle(contents: Contents, signer: Signer) -> bytes:
    """Return the file: the same bytes whenever it is made from the same contents."""
    header: dict[str, object] = {
        "kind": "header",
        "format": FORMAT if contents.document else FORMAT_1,
        "origin": signer.key.name,
        "referral": str(contents.referral),
        "size": contents.checkpoint.size,
        "leaves": len(contents.leaves),
        "made": contents.made.isoformat(),
    }
    content = b"".join(_lines(header, contents))
    note = signer.sign(_seal_text(signer.key.name, header, content))
    return content + canonical({"kind": "seal", "note": note}) + b"\n"


def _lines(header: dict[str, object], contents: Contents) -> Iterator[bytes]:
    yield canonical(header) + b"\n"
    yield canonical({"kind": "checkpoint", "note": contents.checkpoint.note}) + b"\n"
    if witnessed := contents.witnessed:
        proof = [b64encode(hashed).decode() for hashed in witnessed.path]
        seen: dict[str, object] = {"kind": "witnessed", "note": witnessed.note, "proof": proof}
        yield canonical(seen) + b"\n"
    for proved in contents.leaves:
        line = {
            "kind": "leaf",
            "number": proved.entry.number,
            "leaf": proved.entry.body.decode(),
            "proof": [b64encode(hashed).decode() for hashed in proved.path],
        }
        yield canonical(line) + b"\n"
    if contents.document:
        content = b64encode(contents.document).decode()
        yield canonical({"kind": "document", "name": PRINT, "content": content}) + b"\n"


def _seal_text(origin: str, header: dict[str, object], content: bytes) -> str:
    """Return what the seal signs; its first line keeps it from ever being read as a checkpoint."""
    digest = b64encode(sha256(content).digest()).decode()
    facts = (header["referral"], header["size"], header["leaves"], digest)
    return "".join(f"{line}\n" for line in (f"{origin}/bundle", *facts))
