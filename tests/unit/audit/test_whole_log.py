"""A whole log is checked leaf by leaf, and whatever was done to it is named with the first leaf."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward_verifier import logs
from onward_verifier.files import verify_log_file
from onward_verifier.findings import CheckFailedError
from onward_verifier.logs import LogResult
from onward_verifier.notes import Key
from services.audit.domain import checkpoint
from services.audit.domain.leaf import canonical, leaf_of
from services.audit.domain.tree import Edge, grow, leaf_hash
from tests.unit.audit.logbook import MADE, ORIGIN, SIGNER
from tests.unit.audit.story import MONDAY, a_handoff, the_house

TOLD = [*the_house(), *a_handoff("other"), *a_handoff("sam")]
BODIES = [leaf_of(each, recorded=MONDAY).body for each in TOLD]
KEY = Key.parse(str(SIGNER.key))
SIZES = (3, 8, 17, len(BODIES))
Lines = list[bytes]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a log of thirty leaves be several chunks, the last one not full."""
    monkeypatch.setattr(logs, "CHUNK", 8)


def signed(size: int, bodies: Lines = BODIES) -> str:
    edge = grow(Edge(), [leaf_hash(body) for body in bodies[:size]]).edge
    return checkpoint.sign(edge, SIGNER, at=MADE).note


def leaf(body: bytes) -> bytes:
    return leaf_hash(body).hex().encode() + b" " + body + b"\n"


def opening(size: int = len(BODIES)) -> Lines:
    header: dict[str, object] = {
        "kind": "header",
        "format": "onward-audit-log/1",
        "origin": ORIGIN,
        "size": size,
    }
    notes = (signed(each) for each in SIZES if each <= size)
    lines = [
        canonical(header),
        *(canonical({"kind": "checkpoint", "note": note}) for note in notes),
    ]
    return [line + b"\n" for line in lines]


LOG = [*opening(), *map(leaf, BODIES)]
FIRST = 1 + len(SIZES)
"""Place of the first leaf among the lines."""


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., LogResult]:
    def run(lines: Lines, *held: str) -> LogResult:
        path, kept = tmp_path / "log.jsonl", tmp_path / "held.txt"
        path.write_bytes(b"".join(lines))
        kept.write_text("".join(held))
        return verify_log_file(path, KEY, held=kept if held else None)

    return run


Verify = Callable[..., LogResult]


def test_an_honest_log_is_good_and_begins_with_what_was_held(verify: Verify) -> None:
    result = verify(LOG, signed(11))
    assert (result.size, result.checkpoints, result.held) == (30, 4, (11,))
    assert verify(LOG, signed(0)).held == (0,)


def _flip(lines: Lines) -> None:
    lines[FIRST + 9] = lines[FIRST + 9].replace(b"success", b"refused")


def _flip_with_its_hash(lines: Lines) -> None:
    lines[FIRST + 9] = leaf(BODIES[9].replace(b"success", b"refused"))


def _exchange_content(lines: Lines) -> None:
    one, other = lines[FIRST + 8], lines[FIRST + 11]
    lines[FIRST + 8], lines[FIRST + 11] = one[:65] + other[65:], other[:65] + one[65:]


def _exchange(lines: Lines) -> None:
    lines[FIRST + 4], lines[FIRST + 5] = lines[FIRST + 5], lines[FIRST + 4]


def _leave_out(lines: Lines) -> None:
    del lines[FIRST + 5]


def _leave_out_the_last_of_a_line(lines: Lines) -> None:
    del lines[FIRST + 16]


def _insert(lines: Lines) -> None:
    lines.insert(FIRST + 20, lines[FIRST + 3])


def _cut_tail(lines: Lines) -> None:
    del lines[-4:]


def _cut_tail_and_its_checkpoint(lines: Lines) -> None:
    lines[:] = [*opening(17), *map(leaf, BODIES[:15])]


def _cut_within_a_line(lines: Lines) -> None:
    lines[-1] = lines[-1][:-20]


def _no_checkpoint(lines: Lines) -> None:
    del lines[FIRST - 1]


def _other_size(lines: Lines) -> None:
    lines[FIRST - 1] = lines[FIRST - 1].replace(b"\\n30\\n", b"\\n31\\n")


ALTERATIONS: list[tuple[Callable[[Lines], None], str]] = [
    (_flip, "leaf 9: its content was changed"),
    (_flip_with_its_hash, "leaf 8 to 16: the checkpoint over 17 leaves was signed over others"),
    (_exchange_content, "leaf 8: its content stands 3 leaves further on: they were exchanged"),
    (_exchange, "leaf 4: step 1 of referral/referral/.* is missing before it"),
    (_leave_out, "leaf 7: step 2 of referral/referral/.* is missing before it"),
    (_leave_out_the_last_of_a_line, "leaf 8 to 16: the checkpoint over 17"),
    (_insert, "leaf 20: step 2 of directory/directory/.* is missing before it"),
    (_cut_tail, "leaf 26: the file says it holds 30 leaves, but it holds 26"),
    (_cut_tail_and_its_checkpoint, "leaf 15: the file says it holds 17 leaves, but it holds 15"),
    (_cut_within_a_line, "leaf 29: the file was cut short within it"),
    (_no_checkpoint, "no checkpoint covers the 30 leaves"),
    (_other_size, "checkpoint in line 5: the signature does not fit"),
]


@pytest.mark.parametrize(("alter", "said"), ALTERATIONS)
def test_an_altered_log_is_bad_and_it_says_where(
    verify: Verify, alter: Callable[[Lines], None], said: str
) -> None:
    lines = list(LOG)
    alter(lines)
    with pytest.raises(CheckFailedError, match=said):
        verify(lines)


def test_a_log_whose_tail_was_cut_and_signed_again_is_given_away_by_a_held_checkpoint(
    verify: Verify,
) -> None:
    cut = [*opening(17), *map(leaf, BODIES[:17])]
    assert verify(cut).size == 17  # by itself it looks good
    with pytest.raises(CheckFailedError, match="held checkpoint: it covers 30 leaves, the log 17"):
        verify(cut, signed(30))


def test_a_log_rebuilt_and_signed_again_is_given_away_by_a_held_checkpoint(verify: Verify) -> None:
    rebuilt = [*BODIES[:16], *BODIES[17:]]
    edge = grow(Edge(), [leaf_hash(body) for body in rebuilt]).edge
    note = checkpoint.sign(edge, SIGNER, at=MADE).note
    header = {"kind": "header", "format": "onward-audit-log/1", "origin": ORIGIN, "size": 29}
    lines = [
        *(canonical(line) + b"\n" for line in (header, {"kind": "checkpoint", "note": note})),
        *map(leaf, rebuilt),
    ]
    assert verify(lines).size == 29
    with pytest.raises(CheckFailedError, match="leaf 0 to 19: the checkpoint you held over 20"):
        verify(lines, signed(20))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, sum(map(len, LOG)) - 1), bit=st.integers(0, 7))
def test_no_single_bit_of_a_log_can_be_changed_unseen(verify: Verify, at: int, bit: int) -> None:
    altered = bytearray(b"".join(LOG))
    altered[at] ^= 1 << bit
    with pytest.raises(CheckFailedError):
        verify([bytes(altered)])
