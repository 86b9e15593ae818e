"""The verifier says that an honest bundle is good, and which leaf of any other is wrong, and how."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward_verifier.bundles import verify, verify_held
from onward_verifier.findings import CheckFailedError, WrongUseError
from onward_verifier.notes import Key
from services.audit.domain import proofs
from services.audit.domain.notes import Signer
from tests.unit.audit.logbook import ORIGIN, SIGNER, Logbook
from tests.unit.audit.story import a_handoff, the_house

LOG = Logbook([*the_house(), *a_handoff("other"), *a_handoff("sam")])
BUNDLE = LOG.bundle()
KEY_TEXT = str(SIGNER.key)
KEY = Key.parse(KEY_TEXT)
FIRST, LAST = 2, -3
"""Places of the first and the last leaf among the bundle's lines."""

Lines = list[dict[str, Any]]


def opened() -> Lines:
    return [json.loads(line) for line in BUNDLE.splitlines()]


def closed(lines: Lines) -> bytes:
    return b"".join(json.dumps(line, sort_keys=True).encode() + b"\n" for line in lines)


def rewritten(line: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """Return a leaf line whose content says something else, in canonical form."""
    content = json.loads(line["leaf"]) | facts
    return line | {"leaf": json.dumps(content, sort_keys=True, separators=(",", ":"))}


def test_an_honest_bundle_is_good() -> None:
    result = verify(BUNDLE, KEY)
    assert (result.leaves, result.size) == (13, 30)
    assert result.origin == ORIGIN


def test_a_bundle_made_before_there_was_a_print_in_it_is_good_too() -> None:
    assert verify(BUNDLE, KEY).document == b"%PDF-1.7 the same for people"
    assert verify(LOG.bundle(document=None), KEY).document is None


def test_another_print_in_a_bundle_is_bad() -> None:
    lines = opened()
    lines[-2]["content"] = b64encode(b"%PDF-1.7 another story").decode()
    with pytest.raises(CheckFailedError, match="seal is not of this file"):
        verify(closed(lines), KEY)


def _flip(lines: Lines) -> None:
    lines[5] = rewritten(lines[5], who="worker:somebody-else")


def _exchange(lines: Lines) -> None:
    lines[4]["leaf"], lines[7]["leaf"] = lines[7]["leaf"], lines[4]["leaf"]


def _swap_lines(lines: Lines) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def _leave_out(lines: Lines) -> None:
    del lines[6]
    lines[0]["leaves"] -= 1


def _leave_out_the_last(lines: Lines) -> None:
    del lines[LAST]
    lines[0]["leaves"] -= 1


def _insert(lines: Lines) -> None:
    lines.insert(8, rewritten(lines[7], outcome="refused") | {"number": lines[7]["number"]})


def _repeat(lines: Lines) -> None:
    lines.insert(8, dict(lines[7]))


def _beyond(lines: Lines) -> None:
    lines[LAST]["number"] = 4000


def _foreign_leaf(lines: Lines) -> None:
    entry = LOG.entries[0]
    path = LOG.tree.proof(proofs.plan_inclusion(0, 30))
    proof = [b64encode(hashed).decode() for hashed in path]
    leaf = {"kind": "leaf", "number": 0, "leaf": entry.body.decode(), "proof": proof}
    lines.insert(FIRST, leaf)


def _cut(lines: Lines) -> None:
    del lines[-1]


def _other_size(lines: Lines) -> None:
    lines[1]["note"] = lines[1]["note"].replace("\n30\n", "\n31\n")


def _no_signature(lines: Lines) -> None:
    lines[1]["note"] = lines[1]["note"].rpartition("\n\n")[0] + "\n\n"


def _added(lines: Lines) -> None:
    lines.append(dict(lines[3]))


ALTERATIONS: list[tuple[Callable[[Lines], None], str]] = [
    (_flip, r"leaf 20 \(line 6\): its content or its proof was changed"),
    (_exchange, r"leaf 19 \(line 5\): it holds the content of leaf 22: two leaves were exchanged"),
    (_swap_lines, r"leaf 19 \(line 6\): it stands after leaf 20"),
    (_leave_out, r"leaf 22 \(line 7\): step 3 of referral/referral/.* is missing before it"),
    (_leave_out_the_last, "the seal is not of this file"),
    (_insert, r"leaf 22 \(line 9\): the content that was signed here stands in line 8"),
    (_repeat, r"leaf 22 \(line 9\): it stands after leaf 22"),
    (_beyond, r"leaf 4000 \(line 15\): the signed log ends before it, at 30"),
    (_foreign_leaf, r"leaf 0 \(line 3\): it is about another referral"),
    (_cut, "it was cut short"),
    (_other_size, "checkpoint: the signature does not fit what it says"),
    (_no_signature, "checkpoint: not signed by onward.example/audit"),
    (_added, "line 18: something was added after the seal"),
]


@pytest.mark.parametrize(("alter", "said"), ALTERATIONS)
def test_an_altered_bundle_is_bad_and_it_says_where(
    alter: Callable[[Lines], None], said: str
) -> None:
    lines = opened()
    alter(lines)
    with pytest.raises(CheckFailedError, match=said):
        verify(closed(lines), KEY)


@given(at=st.integers(0, len(BUNDLE) - 1), bit=st.integers(0, 7))
def test_no_single_bit_can_be_changed_unseen(at: int, bit: int) -> None:
    altered = bytearray(BUNDLE)
    altered[at] ^= 1 << bit
    with pytest.raises(CheckFailedError):
        verify(bytes(altered), KEY)


def test_a_signature_has_one_spelling() -> None:
    lines = opened()
    note = lines[-1]["note"]
    assert note.endswith("=\n")
    following = chr(ord(note[-3]) + 1)  # differs in a bit that base 64 ignores
    lines[-1]["note"] = note[:-3] + following + "=\n"
    with pytest.raises(CheckFailedError, match="seal"):
        verify(closed(lines), KEY)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_nonsense_is_bad_and_not_a_crash(raw: bytes) -> None:
    with pytest.raises(CheckFailedError):
        verify(raw, KEY)


def test_a_bundle_signed_by_another_key_of_the_same_name_is_bad() -> None:
    stranger = Signer("another secret", ORIGIN)
    with pytest.raises(CheckFailedError, match="not signed"):
        verify(BUNDLE, Key.parse(str(stranger.key)))


def _held(log: Logbook, since: Logbook) -> int:
    """Hold a bundle of *log* against a checkpoint of *since*, with the best proof there is."""
    old, new = since.checkpoint.size, log.checkpoint.size
    path = log.tree.proof(proofs.plan_consistency(old, new))
    proof = {"proof": [b64encode(hashed).decode() for hashed in path]}
    return verify_held(log.bundle(), since.checkpoint.note, proof, KEY)


def test_a_log_that_only_grew_agrees_with_a_checkpoint_held_since_before() -> None:
    told = [*the_house(), *a_handoff("other"), *a_handoff("sam")]
    assert _held(Logbook(told), Logbook(told[:11])) == 11


def test_a_log_rebuilt_and_signed_again_is_given_away_by_a_checkpoint_held_since_before() -> None:
    told = [*the_house(), *a_handoff("other"), *a_handoff("sam")]
    rebuilt = Logbook([*told[:6], *told[7:]])
    assert verify(rebuilt.bundle(), KEY).size == 29  # by itself it looks good
    with pytest.raises(CheckFailedError, match=r"held checkpoint: .* was rewritten"):
        _held(rebuilt, Logbook(told[:11]))


def test_a_key_that_was_not_copied_whole_is_wrong_use() -> None:
    for text in ("nonsense", KEY_TEXT[:-4], KEY_TEXT.replace("onward", "backward")):
        with pytest.raises(WrongUseError):
            Key.parse(text)
