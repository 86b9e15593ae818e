"""Check what is in files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from onward_verifier import bundles, cases, logs
from onward_verifier.documents import read_object
from onward_verifier.findings import WrongUseError
from onward_verifier.notes import Key


def check_file(  # noqa: PLR0913 - one option each
    path: Path,
    key: Key,
    *,
    held: Path | None = None,
    proof: Path | None = None,
    witnesses: Sequence[Key] = (),
    jobs: int = 1,
    progress: logs.Progress | None = None,
) -> bundles.Result | logs.LogResult | cases.CaseResult:
    """Check a bundle, a case file or a whole log, whichever the file holds.

    Raises `CheckFailedError` or `WrongUseError`.
    """
    first = first_line(path)
    if first.startswith(cases.BEGINS):
        if held or proof or witnesses:
            raise WrongUseError("A case file holds its own checkpoints: check its bundles alone.")
        return cases.verify_case(_read(path), key)
    if logs.FORMAT.encode() in first:
        return verify_log_file(path, key, held=held, jobs=jobs, progress=progress)
    return verify_file(path, key, held=held, proof=proof, witnesses=witnesses)


def first_line(path: Path) -> bytes:
    """Return how a file begins, by which its kind is known. Raises `WrongUseError`."""
    try:
        with path.open("rb") as file:
            return file.readline(1000)
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read: {error.strerror}.") from None


def verify_file(
    bundle: Path,
    key: Key,
    *,
    held: Path | None = None,
    proof: Path | None = None,
    witnesses: Sequence[Key] = (),
) -> bundles.Result:
    """Check a bundle in a file, against an older checkpoint where one is given.

    Raises `CheckFailedError` or `WrongUseError`.
    """
    if (held is None) != (proof is None):
        raise WrongUseError("Give --held and --proof together.")
    raw = _read(bundle)
    result = bundles.verify(raw, key, witnesses)
    if held is None or proof is None:
        return result
    answer = read_object(_read(proof), "the proof")
    size = bundles.verify_held(raw, _read(held).decode(errors="replace"), answer, key)
    return replace(result, held=size)


def verify_log_file(
    path: Path,
    key: Key,
    *,
    held: Path | None = None,
    jobs: int = 1,
    progress: logs.Progress | None = None,
) -> logs.LogResult:
    """Check a whole log in a file. Raises `CheckFailedError` or `WrongUseError`."""
    kept = [_read(held).decode(errors="replace")] if held else []
    with path.open("rb") as file:
        opening = []
        while (line := file.readline()).startswith(b"{"):
            opening.append(line)
        start = file.tell() - len(line)
        file.seek(start)
        parts = ((str(path), at, length) for at, length in _ranges(file, start))
        return logs.verify_log(opening, parts, key, held=kept, jobs=jobs, progress=progress)


def _ranges(file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Yield where each run of `logs.CHUNK` lines begins, and its length in bytes."""
    begin = at = start
    left = logs.CHUNK
    while block := file.read(1 << 20):
        place = 0
        # Lines are long: going from end to end takes half as long as counting all ends.
        while place := block.find(b"\n", place) + 1:
            left -= 1
            if not left:
                yield begin, at + place - begin
                begin, left = at + place, logs.CHUNK
        at += len(block)
    if begin < at:
        yield begin, at - begin


def take_print(result: bundles.Result | logs.LogResult | cases.CaseResult, path: Path) -> None:
    """Write the PDF of a bundle that held to a file. Raises `WrongUseError`."""
    document = getattr(result, "document", None)
    if document is None:
        raise WrongUseError("There is no PDF in this file.")
    try:
        path.write_bytes(document)
    except OSError as error:
        raise WrongUseError(f"{path} cannot be written: {error.strerror}.") from None


def key_text(given: str) -> str:
    """Return the key that *given* is, or that the file of this name holds."""
    if "+" in given and not Path(given).exists():
        return given
    return _read(Path(given)).decode(errors="replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read: {error.strerror}.") from None
