"""What the verifier says of something of which there is only one, and of many."""

from datetime import UTC, datetime

from onward_verifier.bundles import Result
from onward_verifier.cases import CaseResult
from onward_verifier.logs import LogResult
from onward_verifier.telling import story

SEEN = ("Council", 1, datetime(2026, 11, 2, 12, tzinfo=UTC))
ONE = Result(
    origin="log", referral="R", size=1, leaves=1, lines=1, held=1, document=None, witnessed=(SEEN,)
)


def test_of_one_leaf_it_does_not_speak_as_of_many() -> None:
    case = CaseResult(origin="log", case="C", files=1, kept=1, now=1, bundles=(ONE,))
    log = LogResult(origin="log", size=1, checkpoints=1, lines=1, held=(1,))
    said = "\n".join(line for result in (ONE, case, log) for line in story(result))
    assert "1 leaves" not in said
    assert "1 lines" not in said
    assert "signed by log over 1 leaf\n" in said
    assert "1 of 1 leaf proved, no step missing" in said
    assert "no step missing in 1 line of events" in said
    assert "begins with the 1 leaf of the checkpoint you held" in said
    assert "Council saw its first 1 leaf on 2026-11-02" in said


def test_of_many_it_says_how_many() -> None:
    log = LogResult(origin="log", size=70_000, checkpoints=2, lines=1_200, held=(69_000,))
    said = "\n".join(story(log))
    assert "no event missing in 1,200 lines of events" in said
    assert "begins with the 69,000 leaves of the checkpoint you held" in said
