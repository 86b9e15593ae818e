"""Watch an Onward audit log from outside: keep its checkpoints, and countersign them.

    onward-witness new-key watch.example/onward > witness.key
    onward-witness watch https://onward.example --key log.key --folder kept --sign witness.key

Run the second by a timer, on a machine that the log's operator has no hand in. Each time it takes the
newest checkpoint, checks that the log only grew since the one it kept last, keeps the new one in the
folder, and with --sign sends its countersignature (C2SP tlog-cosignature). When the log was rewritten or
cut it says so, keeps both checkpoints, which prove it to anybody who has the log's key, and exits with 1.

Like the verifier, whose package it is in, it imports the standard library and `cryptography` alone.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onward_verifier.command import FAILED, GOOD, WRONG_USE
from onward_verifier.counting import leaves
from onward_verifier.files import key_text
from onward_verifier.findings import CheckFailedError, WrongUseError
from onward_verifier.merkle import proves_consistency
from onward_verifier.notes import COSIGNATURE, Checkpoint, Key, unbase64

TIMEOUT = 30.0
"""Seconds that an answer of the log may take."""
LONGEST = 1_000_000
"""Bytes of the longest answer that is read."""


class Log:
    """The public part of an audit log's API."""

    def __init__(self, address: str) -> None:
        if not address.startswith(("https://", "http://")):
            raise WrongUseError("The log's address begins with https://.")
        self.address = f"{address.rstrip('/')}/api/v1/audit"

    def checkpoint(self) -> str:
        """Return the newest checkpoint."""
        return self._ask("/checkpoint").decode(errors="replace")

    def growth(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the log of *new* leaves begins with that of *old*."""
        answer = json.loads(self._ask(f"/proofs?from={old}&to={new}"))
        return [unbase64(text) for text in answer["proof"]]

    def send(self, size: int, line: str) -> None:
        """Hand a countersignature in."""
        self._ask("/cosignatures", json.dumps({"size": size, "line": line}).encode())

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        kind = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(self.address + path, body, kind)  # noqa: S310 - see __init__
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return bytes(answer.read(LONGEST))
        except urllib.error.HTTPError as refusal:
            raise WrongUseError(f"{path}: {_reason(refusal)}") from None
        except OSError as error:
            raise WrongUseError(f"The log does not answer: {error}.") from None


def _reason(refusal: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(refusal.read(LONGEST))["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the log answered {refusal.code}."


def watch(log: Log, key: Key, folder: Path, signing: tuple[str, Any] | None) -> str:
    """Take the newest checkpoint and keep it; return what was seen.

    Raises `CheckFailedError` when the log no longer begins with what was kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = log.checkpoint()
    new = Checkpoint.read(note, key)
    kept = sorted(folder.glob("[0-9]*.txt"))
    if kept:
        old = Checkpoint.read(kept[-1].read_text(), key, str(kept[-1]))
        if not _grew(log, old, new):
            proof = folder / f"fork-{old.size}-{new.size}.txt"
            proof.write_text(note)
            raise CheckFailedError(
                f"the log of {leaves(new.size)} does not begin with the {old.size} in {kept[-1].name}:"
                f" it was rewritten or cut. Keep that file and {proof.name}: both are signed"
            )
    (folder / f"{new.size:016}.txt").write_text(note)
    if signing:
        log.send(new.size, countersigned(note, *signing, at=now()))
    return f"Kept the checkpoint over {leaves(new.size)}{', countersigned' if signing else ''}."


def _grew(log: Log, old: Checkpoint, new: Checkpoint) -> bool:
    if new.size < old.size:
        return False
    path = log.growth(old.size, new.size) if 0 < old.size < new.size else []
    return proves_consistency(old, new, path)


def countersigned(note: str, name: str, private: Ed25519PrivateKey, *, at: int) -> str:
    """Return the signature line of witness *name* under a checkpoint, seen *at* (seconds since 1970)."""
    text = note.rpartition("\n\n")[0]
    signature = private.sign(f"cosignature/v1\ntime {at}\n{text}\n".encode())
    public = bytes([COSIGNATURE]) + private.public_key().public_bytes_raw()
    id_ = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    return f"\u2014 {name} {base64.b64encode(id_ + at.to_bytes(8, 'big') + signature).decode()}"


def now() -> int:
    """Return the seconds since 1970."""
    return int(time.time())


def public_key(name: str, private: Ed25519PrivateKey) -> str:
    """Return the key that the log, and whoever checks a bundle, is given."""
    raw = bytes([COSIGNATURE]) + private.public_key().public_bytes_raw()
    id_ = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{id_.hex()}+{base64.b64encode(raw).decode()}"


def read_private(text: str) -> tuple[str, Ed25519PrivateKey]:
    """Read what `new-key` printed. Raises `WrongUseError`."""
    try:
        marker, name, encoded = text.split()[:3]
        if marker == "PRIVATE":
            return name, Ed25519PrivateKey.from_private_bytes(unbase64(encoded))
    except ValueError:
        pass
    raise WrongUseError("The signing key is not as new-key wrote it.")


def new_key(name: str) -> str:
    """Return a new private key as a line of text; its public half is told on standard error."""
    if not name.isprintable() or not name or " " in name or "+" in name:
        raise WrongUseError("A name has no spaces and no plus signs.")
    raw = os.urandom(32)
    public = public_key(name, Ed25519PrivateKey.from_private_bytes(raw))
    sys.stderr.write(f"Give this to the log's operator:\n{public}\n")
    return f"PRIVATE {name} {base64.b64encode(raw).decode()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line names; 0 done, 1 the log was rewritten, 2 it could not be tried."""
    parser = argparse.ArgumentParser(
        prog="onward-witness", description=(__doc__ or "").split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("new-key", help="make a key to countersign with").add_argument("name")
    watching = commands.add_parser("watch", help="take, check and keep the newest checkpoint")
    watching.add_argument("address", help="of the platform, such as https://onward.example")
    watching.add_argument(
        "--key", required=True, help="the log's public key, or a file that holds it"
    )
    watching.add_argument("--folder", type=Path, required=True, help="where checkpoints are kept")
    watching.add_argument("--sign", type=Path, help="the file that new-key wrote: countersign too")
    asked = parser.parse_args(arguments)
    try:
        sys.stdout.write(f"{_run(asked)}\n")
    except CheckFailedError as failure:
        sys.stdout.write(f"BAD: {failure}.\n")
        return FAILED
    except (WrongUseError, ValueError, OSError) as wrong:
        sys.stderr.write(f"onward-witness: {wrong}\n")
        return WRONG_USE
    return GOOD


def _run(asked: argparse.Namespace) -> str:
    if asked.command == "new-key":
        return new_key(asked.name)
    signing = read_private(asked.sign.read_text()) if asked.sign else None
    key = Key.parse(key_text(asked.key))
    return watch(Log(asked.address), key, asked.folder, signing)


if __name__ == "__main__":
    sys.exit(main())
