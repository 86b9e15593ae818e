"""What a move needs, changes and tells."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from onward.contracts import referral as told
from onward.errors import ConflictError, InvalidError
from services.referral.domain.deciding import decide, needed
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.reasons import REASONS, Decider
from services.referral.domain.timing import Kind, running
from tests.unit.referral.examples import (
    HOUSE,
    MESSAGE,
    NOON,
    PLACE,
    POLICY,
    WARD,
    command,
    handoff,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALLOWED_FROM = {
    Action.REJECT: Status.REQUESTED,
    Action.CANCEL: Status.IN_PROGRESS,
    Action.HOLD: Status.IN_PROGRESS,
    Action.FAIL: Status.IN_PROGRESS,
    Action.MARK_IN_ERROR: Status.COMPLETED,
}


@pytest.mark.parametrize("action", REASONS)
@pytest.mark.parametrize("lacking", ["reason", "sentence"])
def test_a_move_that_disappoints_needs_a_code_and_a_sentence(action: Action, lacking: str) -> None:
    by = Party.SENDER if action is Action.MARK_IN_ERROR else Party.RECIPIENT
    without: dict[str, Any] = {lacking: None}
    incomplete = command(action, **without)
    with pytest.raises(InvalidError) as refusal:
        decide(handoff(ALLOWED_FROM[action]), incomplete, by=by, at=NOON)
    assert refusal.value.code == "reason-needed"
    assert [error.pointer for error in refusal.value.errors] == [f"/{lacking}"]


def test_a_blank_sentence_or_a_code_of_another_list_explains_nothing() -> None:
    vague = command(Action.REJECT, reason="person-away", sentence="  ")
    with pytest.raises(InvalidError) as refusal:
        decide(handoff(Status.REQUESTED), vague, by=Party.RECIPIENT, at=NOON)
    assert [error.pointer for error in refusal.value.errors] == ["/reason", "/sentence"]


def test_every_list_of_reasons_tells_the_persons_decision_from_the_services() -> None:
    for action in (Action.REJECT, Action.CANCEL, Action.HOLD, Action.FAIL):
        assert {reason.decided_by for reason in REASONS[action]} == set(Decider)


def test_a_refusal_by_the_person_is_told_as_theirs() -> None:
    declined = command(Action.REJECT, reason="person-declined")
    decision = decide(handoff(Status.REQUESTED), declined, by=Party.RECIPIENT, at=NOON)
    assert decision.events == (
        told.HandoffRejected(
            **decision.handoff.told(), reason="person-declined", decided_by="person"
        ),
    )
    withdrawn = command(Action.CANCEL, reason="person-withdrew")
    (event,) = decide(handoff(Status.OFFERED), withdrawn, by=Party.SENDER, at=NOON).events
    assert isinstance(event, told.HandoffCancelled)
    assert event.cancelled_by == "person"


def test_the_time_a_question_lay_with_the_sender_is_given_back_to_the_recipient() -> None:
    asked = decide(
        handoff(Status.ACKNOWLEDGED), command(Action.ASK), by=Party.RECIPIENT, at=NOON + HOUR
    ).handoff
    assert set(running(asked.status, asked.due)) == {Kind.EXPIRE}
    answered = decide(asked, command(Action.ANSWER), by=Party.SENDER, at=NOON + 7 * HOUR)
    assert answered.handoff.status is Status.REQUESTED
    assert running(answered.handoff.status, answered.handoff.due) == {
        Kind.ACKNOWLEDGE: NOON + 10 * HOUR,
        Kind.ANSWER: NOON + 30 * HOUR,
        Kind.EXPIRE: NOON + 14 * DAY,
    }
    (event,) = answered.events
    assert isinstance(event, told.InformationAnswered)
    assert (event.message_id, event.answer_by) == (MESSAGE, NOON + 30 * HOUR)


def _accepted(*, needs_place: bool) -> Handoff:
    accept = command(Action.ACCEPT, needs_place=needs_place)
    return decide(handoff(Status.REQUESTED), accept, by=Party.RECIPIENT, at=NOON).handoff


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.WAITLISTED])
def test_a_stay_cannot_begin_before_a_place_is_held(status: Status) -> None:
    waiting = replace(_accepted(needs_place=True), status=status)
    with pytest.raises(ConflictError) as refusal:
        decide(waiting, command(Action.START), by=Party.RECIPIENT, at=NOON)
    assert refusal.value.code == "place-not-held"


def test_where_the_ledger_gives_out_places_nobody_offers_one_by_hand() -> None:
    waiting = _accepted(needs_place=True)
    by_hand = {Action.WAITLIST, Action.OFFER, Action.START, Action.HOLD}
    assert by_hand.isdisjoint(allowed_actions(waiting, Party.RECIPIENT))
    assert by_hand <= set(allowed_actions(_accepted(needs_place=False), Party.RECIPIENT))
    for action in by_hand - {Action.START}:
        with pytest.raises(ConflictError, match="ledger-decides"):
            decide(waiting, command(action), by=Party.RECIPIENT, at=NOON)
    offered = decide(waiting, command(Action.OFFER), by=Party.PLATFORM, at=NOON).handoff
    assert (offered.status, offered.place_id) == (Status.OFFERED, PLACE)


def test_an_offer_lapses_when_the_ledger_says_or_after_the_services_hours() -> None:
    until = NOON + 3 * HOUR
    held = decide(
        _accepted(needs_place=True),
        command(Action.OFFER, until=until),
        by=Party.PLATFORM,
        at=NOON,
    )
    by_hand = decide(
        _accepted(needs_place=False), command(Action.OFFER), by=Party.RECIPIENT, at=NOON
    )
    assert running(Status.OFFERED, held.handoff.due) == {Kind.OFFER: until}
    assert running(Status.OFFERED, by_hand.handoff.due) == {Kind.OFFER: NOON + 12 * HOUR}
    lapsed = decide(held.handoff, command(Action.LAPSE), by=Party.PLATFORM, at=until)
    assert lapsed.handoff.status is Status.WAITLISTED
    assert lapsed.handoff.place_id is None
    assert lapsed.events == (
        told.OfferLapsed(**held.handoff.told(), place_id=PLACE, offer_hours=12),
    )


def test_a_stay_is_reviewed_on_day_ten_and_ends_on_day_fourteen() -> None:
    offered = handoff(Status.OFFERED, place_id=PLACE, needs_place=True)
    started = decide(offered, command(Action.START), by=Party.RECIPIENT, at=NOON)
    assert running(Status.IN_PROGRESS, started.handoff.due) == {
        Kind.REVIEW: NOON + 10 * DAY,
        Kind.STAY: NOON + 14 * DAY,
    }
    (event,) = started.events
    assert isinstance(event, told.HandoffStarted)
    assert (event.place_id, event.stay_ends) == (PLACE, NOON + 14 * DAY)


def test_a_stay_on_a_course_ends_with_it_and_a_lapsed_offer_forgets_that() -> None:
    waiting = replace(_accepted(needs_place=True), policy=replace(POLICY, maximum_stay_days=None))
    course_ends = NOON + 42 * DAY
    offer = command(Action.OFFER, stay_ends=course_ends)
    offered = decide(waiting, offer, by=Party.PLATFORM, at=NOON).handoff
    started = decide(offered, command(Action.START), by=Party.RECIPIENT, at=NOON + DAY)

    assert running(Status.IN_PROGRESS, started.handoff.due)[Kind.STAY] == course_ends
    assert [one.stay_ends for one in started.events if isinstance(one, told.HandoffStarted)] == [
        course_ends
    ]
    lapsed = decide(offered, command(Action.LAPSE), by=Party.PLATFORM, at=NOON + 2 * DAY).handoff
    assert lapsed.due.stay_ends is None


def test_of_two_ends_of_a_stay_the_sooner_one_holds() -> None:
    offered = handoff(Status.OFFERED, place_id=PLACE, needs_place=True)
    due = replace(offered.due, stay_ends=NOON + 3 * DAY)

    started = decide(replace(offered, due=due), command(Action.START), by=Party.RECIPIENT, at=NOON)

    assert started.handoff.due.stay_ends == NOON + 3 * DAY


def test_what_was_paused_before_it_began_begins_when_it_is_taken_up() -> None:
    paused = decide(
        handoff(Status.ACCEPTED), command(Action.HOLD), by=Party.RECIPIENT, at=NOON
    ).handoff
    taken_up = decide(paused, command(Action.RESUME), by=Party.RECIPIENT, at=NOON + DAY).handoff
    assert (taken_up.started_at, taken_up.due.review_due) == (NOON + DAY, NOON + 11 * DAY)
    assert taken_up.reason is None


def test_nobody_hears_of_a_draft_that_was_a_mistake() -> None:
    decision = decide(handoff(), command(Action.MARK_IN_ERROR), by=Party.SENDER, at=NOON)
    assert decision.handoff.status is Status.ENTERED_IN_ERROR
    assert decision.events == ()


def test_no_event_carries_the_sentence() -> None:
    said = "Sam Marsh, 943 476 5919"
    for action, status in ALLOWED_FROM.items():
        by = Party.SENDER if action is Action.MARK_IN_ERROR else Party.RECIPIENT
        decision = decide(handoff(status), command(action, sentence=said), by=by, at=NOON)
        assert "Sam" not in repr(decision)


def test_who_stands_where_follows_from_the_organisation() -> None:
    asked = handoff(Status.REQUESTED)
    assert asked.parties(WARD) == (Party.SENDER,)
    assert asked.parties(HOUSE) == (Party.RECIPIENT,)
    assert asked.parties(MESSAGE) == asked.parties(None) == ()
    assert handoff(Status.DRAFT).parties(HOUSE) == ()


def test_only_disappointing_moves_questions_and_outcomes_ask_for_words() -> None:
    silent = {
        action
        for action in Action
        if not (needed(action).sentence or needed(action).outcome or needed(action).reason)
    }
    assert silent == {
        Action.SEND,
        Action.ACKNOWLEDGE,
        Action.ACCEPT,
        Action.WAITLIST,
        Action.OFFER,
        Action.START,
        Action.RESUME,
        Action.EXPIRE,
        Action.LAPSE,
    }
