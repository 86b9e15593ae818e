"""A case file: a ZIP whose list of files the log's key signed, with bundles in it that stand alone.

In this order:

1. the log's key signed the list, which names every file with its SHA-256;
2. the files are those of the list, and each is as it was listed;
3. both checkpoints are signed, and the newer log begins with the older one;
4. each bundle holds, as if it stood alone.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from onward_verifier import bundles
from onward_verifier.counting import leaves
from onward_verifier.documents import read_object, spelled
from onward_verifier.findings import CheckFailedError
from onward_verifier.merkle import proves_consistency
from onward_verifier.notes import Checkpoint, Key, unbase64

FORMAT = "onward-case-file/1"
BEGINS = b"PK\x03\x04"
"""How a ZIP begins."""
LIST, SIGNATURE = "manifest.json", "manifest.sig"
_UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
)
"""What the standard library says of a ZIP that was altered."""
LARGEST = 1 << 30
"""Bytes that the files in it may have together: a case file has a few megabytes, a trap has more."""


@dataclass(frozen=True)
class CaseResult:
    """What held of a case file."""

    origin: str
    case: str
    files: int
    kept: int
    """Leaves of the log when somebody last took note of it."""
    now: int
    bundles: tuple[bundles.Result, ...]


def verify_case(raw: bytes, key: Key) -> CaseResult:
    """Check a case file. Raises `CheckFailedError` with the first thing that is wrong."""
    files = _unpacked(raw)
    manifest = read_object(_taken(files, LIST), LIST)
    case, listed = _signed(manifest, _taken(files, SIGNATURE), key)
    for name in sorted(listed.keys() | files.keys() - {LIST, SIGNATURE}):
        if name not in files:
            raise CheckFailedError(f"{name}: it was left out")
        if hashlib.sha256(files[name]).hexdigest() != listed.get(name):
            wrong = "it was changed" if name in listed else "it was added"
            raise CheckFailedError(f"{name}: {wrong}")
    kept, now = _check_growth(files, key)
    evidence = sorted(name for name in listed if name.startswith("referrals/"))
    return CaseResult(
        origin=key.name,
        case=case,
        files=len(listed),
        kept=kept.size,
        now=now.size,
        bundles=tuple(_bundle(name, files[name], key) for name in evidence),
    )


def _unpacked(raw: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            entries = archive.infolist()
            fits = sum(each.file_size for each in entries) <= LARGEST
            files = {each.filename: archive.read(each) for each in entries} if fits else {}
    except (*_UNREADABLE, zlib.error):
        raise CheckFailedError("not a whole ZIP: it was changed or cut short") from None
    if len(files) != len(entries):
        raise CheckFailedError("two files in it have one name, or it holds more than it can")
    return files


def _taken(files: dict[str, bytes], name: str) -> bytes:
    if name not in files:
        raise CheckFailedError(f"{name}: it was left out")
    return files[name]


def _signed(manifest: dict[str, object], note: bytes, key: Key) -> tuple[str, dict[str, str]]:
    case, listed = manifest.get("case"), manifest.get("files")
    expected = {"case": case, "files": listed, "format": FORMAT, "origin": key.name}
    if manifest != expected or not isinstance(case, str) or not isinstance(listed, dict):
        raise CheckFailedError(f"{LIST}: not a case file of {key.name} in the format {FORMAT}")
    digest = base64.b64encode(hashlib.sha256(spelled(manifest)).digest()).decode()
    signed = key.open(note.decode(errors="replace"), SIGNATURE)
    if signed != f"{key.name}/case-file\n{case}\n{digest}\n":
        raise CheckFailedError(f"{LIST}: it is not the list that was signed")
    return case, listed


def _check_growth(files: dict[str, bytes], key: Key) -> tuple[Checkpoint, Checkpoint]:
    kept, now = (
        Checkpoint.read(_taken(files, name).decode(errors="replace"), key, name)
        for name in ("checkpoint-kept.txt", "checkpoint.txt")
    )
    try:
        proof = read_object(_taken(files, "proof.json"), "proof.json")["proof"]
        path = [unbase64(each) for each in proof]
    except (KeyError, ValueError, TypeError):
        raise CheckFailedError("proof.json: not a proof") from None
    if not proves_consistency(kept, now, path):
        raise CheckFailedError(
            f"checkpoint.txt: the log of {leaves(now.size)} does not begin with the {kept.size} of"
            " checkpoint-kept.txt: it was rewritten"
        )
    return kept, now


def _bundle(name: str, raw: bytes, key: Key) -> bundles.Result:
    try:
        return bundles.verify(raw, key)
    except CheckFailedError as failure:
        raise CheckFailedError(f"{name}: {failure}") from None
