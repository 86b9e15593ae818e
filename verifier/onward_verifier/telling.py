"""Say what held, line by line."""

from collections.abc import Iterator

from onward_verifier.bundles import Result
from onward_verifier.cases import CaseResult
from onward_verifier.counting import counted, leaves
from onward_verifier.logs import LogResult


def story(result: Result | LogResult | CaseResult) -> Iterator[str]:
    """Say what held of a bundle, a case file or a whole log."""
    if isinstance(result, CaseResult):
        return _case(result)
    return _bundle(result) if isinstance(result, Result) else _log(result)


def _case(result: CaseResult) -> Iterator[str]:
    yield f"Case file   {result.case}"
    yield f"Files       {result.files} as they were listed, the list signed by {result.origin}"
    yield f"History     the log of {leaves(result.now)} begins with the {result.kept:,} it was held against"
    for each in result.bundles:
        yield f"Referral    {each.referral}: {each.leaves:,} of {leaves(each.leaves)} proved, no step missing"
    yield "GOOD: nothing was changed, left out or added."


def _bundle(result: Result) -> Iterator[str]:
    yield f"Referral    {result.referral}"
    yield f"Checkpoint  signed by {result.origin} over {leaves(result.size)}"
    yield f"Leaves      {result.leaves} of {result.leaves} proved to be in the signed log"
    yield f"Order       no step missing in {_lines(result.lines)}"
    yield "File        as it was exported"
    if result.document is not None:
        size = len(result.document)
        yield f"Print       a PDF of {size:,} bytes, as the log drew it: --pdf FILE takes it out"
    if result.held is not None:
        yield f"History     begins with the {leaves(result.held)} of the checkpoint you held"
    for name, size, at in result.witnessed:
        yield f"Witness     {name} saw its first {leaves(size)} on {at:%Y-%m-%d at %H:%M:%S} UTC"
    yield "GOOD: nothing was changed, left out or added."


def _log(result: LogResult) -> Iterator[str]:
    yield f"Log         {result.origin}"
    yield f"Leaves      all {result.size:,} as they were signed"
    yield f"Checkpoints {result.checkpoints:,} signed, each over the beginning of this log"
    yield f"Order       no event missing in {_lines(result.lines)}"
    for size in result.held:
        yield f"History     begins with the {leaves(size)} of the checkpoint you held"
    yield "GOOD: nothing was changed, left out or added."


def _lines(count: int) -> str:
    return counted(count, "line of events", "lines of events")
