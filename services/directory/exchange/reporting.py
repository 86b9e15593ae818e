"""Say what an import did, or would: every mistake with its file, line, column and what to change."""

from collections import Counter
from collections.abc import Iterator, Sequence

from onward.errors import FieldError
from onward.plurals import counted
from services.directory.exchange.documents import Read
from services.directory.exchange.files import File
from services.directory.exchange.importing import Outcome, Result

KINDS = {"organizations": "organisation", "programs": "programme", "services": "service"}


def mistakes(name: str, file: File, errors: Sequence[FieldError]) -> Iterator[str]:
    """Return each of *errors* as ``file:line:column: path: what to change``, in the order of the file."""
    where = file.locate([one.pointer for one in errors])
    for one in sorted(errors, key=lambda error: where[error.pointer]):
        at = where[one.pointer]
        yield f"{name}:{at.line}:{at.column}: {one.pointer or '/'}: {one.detail}"


def counts(outcomes: Sequence[Outcome]) -> str:
    """Return how many entries were added, changed, left alone and refused."""
    found = Counter(one.result for one in outcomes)
    return ", ".join(f"{found[result]:,} {result}" for result in Result)


def changes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Return a line for each entry that is new or different now."""
    for one in outcomes:
        if one.result in {Result.ADDED, Result.CHANGED}:
            told = f": {', '.join(one.changed)}" if one.changed else ""
            yield f"{one.result} {_shown(one.read)}{told}"


def left_out(reads: Sequence[Read]) -> Iterator[str]:
    """Return a line for each member that the directory cannot hold, with how often it was said."""
    found = Counter(
        "/".join(part for part in member.split("/") if not part.isdigit())
        for one in reads
        for member in one.left_out
    )
    for member, times in sorted(found.items()):
        yield f"left out {counted(times, 'time')}: {member}"


def _shown(read: Read) -> str:
    return f"{KINDS[read.kind]} {read.id} {read.name or ''}".rstrip()
