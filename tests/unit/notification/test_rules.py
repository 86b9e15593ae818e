"""Who is told what about a handoff."""

from datetime import UTC, datetime
from typing import get_type_hints
from uuid import UUID, uuid4

import pytest

from onward.contracts import declared, referral
from onward.contracts.base import prompt
from onward.contracts.referral import HandoffEvent
from onward.identity import Role
from services.notification.domain.english import ENGLISH
from services.notification.domain.rules import RULES, Telling, Urgency, heard, parties, tellings

WARD, HOUSE = uuid4(), uuid4()
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
IDS = {"referral_id": uuid4(), "handoff_id": uuid4(), "service_id": uuid4()}
SIDES = {**IDS, "sender": WARD, "recipient": HOUSE}


def told(event: HandoffEvent) -> dict[UUID, str]:
    return {telling.organisation: telling.template for telling in tellings(event)}


def request(urgency: str = "routine") -> referral.HandoffRequested:
    return referral.HandoffRequested(
        **SIDES,
        person_id=uuid4(),
        intent="referral",
        urgency=urgency,
        needs=("housing",),
        lawful_basis="direct-care",
        acknowledge_by=AT,
        answer_by=AT,
        expires_at=AT,
    )


def cancelled(by: str) -> referral.HandoffCancelled:
    return referral.HandoffCancelled(**SIDES, reason="moved-away", cancelled_by=by)


def deadline(kind: str, rung: int) -> referral.DeadlineReached:
    return referral.DeadlineReached(**SIDES, deadline_id=uuid4(), kind=kind, due_at=AT, rung=rung)


def test_the_recipient_is_told_of_a_request_as_urgently_as_it_was_sent() -> None:
    (telling,) = tellings(request("emergency"))
    assert telling == Telling(
        organisation=HOUSE,
        counterpart=WARD,
        template="handoff-requested",
        urgency=Urgency.EMERGENCY,
        moment=AT,
    )


def test_a_held_place_is_told_to_both_sides_each_in_its_own_words() -> None:
    event = referral.HandoffOffered(**SIDES, lapses_at=AT)
    assert told(event) == {HOUSE: "place-held", WARD: "handoff-offered"}


@pytest.mark.parametrize(
    ("by", "hears"), [("sender", {HOUSE}), ("recipient", {WARD}), ("person", {WARD, HOUSE})]
)
def test_whoever_cancels_is_not_told_so(by: str, hears: set[UUID]) -> None:
    assert set(told(cancelled(by))) == hears


@pytest.mark.parametrize(
    ("reads_on", "newest", "hears"),
    [
        (False, True, {WARD: "person-said-stop"}),
        (True, True, {WARD: "person-said-stop", HOUSE: "person-said-stop-here"}),
        (False, False, {}),
    ],
)
def test_the_sender_hears_once_that_somebody_said_stop_and_whoever_may_read_on_hears_it_too(
    *, reads_on: bool, newest: bool, hears: dict[UUID, str]
) -> None:
    event = referral.PersonSaidStop(**SIDES, by="person", reads_on=reads_on, newest=newest)
    assert told(event) == hears


def test_a_deadline_climbs_its_ladder() -> None:
    assert told(deadline("answer", 1)) == {HOUSE: "answer-due"}
    assert told(deadline("answer", 2)) == {HOUSE: "answer-due", WARD: "answer-due-elsewhere"}
    assert {telling.roles for telling in tellings(deadline("answer", 3))} == {(Role.TEAM_LEAD,)}
    assert {telling.urgency for telling in tellings(deadline("answer", 3))} == {Urgency.EMERGENCY}


def test_a_kind_of_deadline_we_do_not_know_yet_is_told_in_general_words() -> None:
    assert told(deadline("eclipse", 1)) == {HOUSE: "deadline-due"}


def test_an_organisation_on_both_sides_is_told_once_and_as_the_one_who_has_to_act() -> None:
    event = referral.HandoffOffered(**{**SIDES, "sender": HOUSE}, lapses_at=AT)
    assert told(event) == {HOUSE: "place-held"}
    assert parties(event) == (HOUSE,)


def test_every_event_of_a_handoff_has_a_rule_and_every_rule_has_words() -> None:
    handoffs = {event for event in declared().values() if event.stream == "referral"}
    assert handoffs <= heard()
    codes = {rule.template for rules in RULES.values() for rule in rules}
    kinds = ("acknowledge", "answer", "review", "stay", "deadline")
    codes |= {f"{kind}-due{side}" for kind in kinds for side in ("", "-elsewhere")}
    assert codes <= set(ENGLISH)
    for event, rules in RULES.items():
        for rule in rules:
            assert rule.moment is None or rule.moment in get_type_hints(event)


def test_somebody_is_told_of_every_event_that_somebody_waits_for() -> None:
    assert referral.HandoffRequested.key in prompt()
    assert prompt() <= {event.key for event in RULES}
