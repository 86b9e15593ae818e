"""Every cell of (status, action, party), against a transcription of the domain's own table."""

import itertools

import pytest

from onward.errors import ConflictError
from services.referral.domain.deciding import decide
from services.referral.domain.handoff import allowed_actions
from services.referral.domain.moves import TERMINAL, Action, Party, Status, moves_from
from tests.unit.referral.examples import NOON, command, handoff

TABLE = """
draft | requested | S
requested | acknowledged info_requested accepted rejected | R
requested acknowledged info_requested | cancelled | S P
requested acknowledged info_requested | expired | T
acknowledged | info_requested accepted rejected | R
info_requested | requested | S
accepted | waitlisted offered in_progress on_hold completed failed | R
accepted | waitlisted offered | T
accepted waitlisted offered in_progress on_hold | cancelled | S P R
waitlisted | offered | T R
offered | in_progress | R
offered | waitlisted | T
in_progress | on_hold completed failed | R
on_hold | in_progress completed failed | R
"""
LETTERS = {
    "S": Party.SENDER,
    "R": Party.RECIPIENT,
    "P": Party.PERSON,
    "T": Party.PLATFORM,
}
LEADS_TO: dict[Action, set[tuple[str | None, str]]] = {
    Action.SEND: {("draft", "requested")},
    Action.ANSWER: {("info_requested", "requested")},
    Action.ACKNOWLEDGE: {(None, "acknowledged")},
    Action.ASK: {(None, "info_requested")},
    Action.ACCEPT: {(None, "accepted")},
    Action.REJECT: {(None, "rejected")},
    Action.LAPSE: {("offered", "waitlisted")},
    Action.WAITLIST: {("accepted", "waitlisted")},
    Action.OFFER: {(None, "offered")},
    Action.START: {("accepted", "in_progress"), ("offered", "in_progress")},
    Action.RESUME: {("on_hold", "in_progress")},
    Action.HOLD: {(None, "on_hold")},
    Action.COMPLETE: {(None, "completed")},
    Action.FAIL: {(None, "failed")},
    Action.CANCEL: {(None, "cancelled")},
    Action.EXPIRE: {(None, "expired")},
    Action.MARK_IN_ERROR: {(None, "entered_in_error")},
}


def _legal() -> dict[tuple[Status, Status], set[Party]]:
    legal: dict[tuple[Status, Status], set[Party]] = {}
    for line in TABLE.strip().splitlines():
        starts, ends, parties = (cell.split() for cell in line.split("|"))
        for start, end in itertools.product(starts, ends):
            who = {LETTERS[letter] for letter in parties}
            legal.setdefault((Status(start), Status(end)), set()).update(who)
    for start in Status:
        if start is not Status.ENTERED_IN_ERROR:
            legal[start, Status.ENTERED_IN_ERROR] = {Party.SENDER}
    return legal


LEGAL = _legal()
CELLS = list(itertools.product(Status, Action, Party))


def _end(status: Status, action: Action) -> Status | None:
    """Return where the table leads from *status* by *action*, whoever takes it."""
    for start, end in LEADS_TO[action]:
        if start in {None, status.value} and (status, Status(end)) in LEGAL:
            return Status(end)
    return None


def test_the_table_has_every_cell() -> None:
    named = {end for ends in LEADS_TO.values() for _, end in ends}
    assert len(CELLS) == 15 * 17 * 4
    assert named == {end.value for _, end in LEGAL}


def _says(status: Status, action: Action, party: Party) -> Status | None:
    end = _end(status, action)
    return end if end and party in LEGAL[status, end] else None


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("party", Party)
def test_a_handoff_moves_as_the_table_says_and_in_no_other_way(
    status: Status, party: Party
) -> None:
    allowed = {action for action in Action if _says(status, action, party)}
    assert set(moves_from(status, party)) == allowed
    assert set(allowed_actions(handoff(status), party)) == allowed
    for action in set(Action) - {Action.SEND}:
        before = handoff(status)
        if action in allowed:
            after = decide(before, command(action), by=party, at=NOON).handoff
            assert after.status is _says(status, action, party)
            assert after.version == before.version + 1
        else:
            with pytest.raises(ConflictError) as refusal:
                decide(before, command(action), by=party, at=NOON)
            assert refusal.value.code == "illegal-move"
            assert set(refusal.value.extra["allowed"]) == {one.value for one in allowed}


def test_what_has_ended_stays_ended_but_for_an_error_of_the_sender() -> None:
    for status in TERMINAL:
        ways = {(action, party) for party in Party for action in moves_from(status, party)}
        expected = {(Action.MARK_IN_ERROR, Party.SENDER)}
        assert ways == (set() if status is Status.ENTERED_IN_ERROR else expected)
