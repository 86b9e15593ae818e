"""``onward-verify``: check a bundle, or a whole log, offline, from the log's public key alone."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from onward_verifier.counting import leaves
from onward_verifier.files import check_file, key_text, take_print
from onward_verifier.findings import CheckFailedError, WrongUseError
from onward_verifier.notes import COSIGNATURE, Key
from onward_verifier.telling import story

GOOD, FAILED, WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names; print what held, or the first thing that is wrong."""
    asked = _parser().parse_args(arguments)
    try:
        lines = list(_run(asked))
    except CheckFailedError as failure:
        sys.stdout.write(f"BAD: {failure}.\n")
        return FAILED
    except WrongUseError as wrong:
        sys.stderr.write(f"onward-verify: {wrong}\n")
        return WRONG_USE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="onward-verify",
        description="Check an Onward audit bundle, or a whole log, offline, from the log's public key.",
        epilog="Exit codes: 0 all of it held, 1 a check failed, 2 it could not be tried.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the exported bundle or log")
    parser.add_argument(
        "--key",
        required=True,
        help="the log's public key, or a file that holds it; get it from the log's operator once,"
        " and not with the bundle",
    )
    parser.add_argument("--held", type=Path, help="an older checkpoint that you kept")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        help="the key of a witness, or a file that holds it, that must have countersigned; repeatable",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes for a whole log"
    )
    parser.add_argument(
        "--proof",
        type=Path,
        help="with --held and a bundle: the answer of /api/v1/audit/proofs?from=OLDER&to=NEWER",
    )
    parser.add_argument("--pdf", type=Path, help="where to write the PDF of a bundle that held")
    return parser


def _run(asked: argparse.Namespace) -> Iterator[str]:
    result = check_file(
        asked.file,
        Key.parse(key_text(asked.key)),
        held=asked.held,
        proof=asked.proof,
        witnesses=[Key.parse(key_text(each), COSIGNATURE) for each in asked.witness],
        jobs=asked.jobs,
        progress=_bar if sys.stderr.isatty() else None,
    )
    if asked.pdf:
        take_print(result, asked.pdf)
    return story(result)


def _bar(done: int, total: int) -> None:
    """Draw how far the check has come, over what was drawn before."""
    filled = 40 * done // max(1, total)
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done:,} of {leaves(total)}{end}")
