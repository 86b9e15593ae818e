"""The story of a referral, as its leaves tell it."""

from collections.abc import Sequence
from datetime import timedelta

from onward.contracts import declared, referral
from onward.contracts.notification import MessageEvent
from onward.envelope import Envelope
from services.audit.domain.trail import MEANINGS, Kind, Trail, trail_of
from tests.unit.audit.logbook import Logbook
from tests.unit.audit.story import HOUSE, HOUSE_WORKER, WARD, Story, a_handoff


def told_as(told: Sequence[Envelope]) -> Trail:
    entries = Logbook(told).entries
    assert entries[0].facts.referral is not None
    return trail_of(entries[0].facts.referral, entries)


def test_the_story_names_who_did_what_in_order_of_time() -> None:
    trail = told_as(a_handoff())
    assert [step.said for step in trail.steps] == [
        "Asked to take the person on",
        "Disclosed the handoff pack",
        "Was told: email",
        "Read: pack",
        "Has seen the request",
        "Asked a question",
        "Answered",
        "Read: pack",
        "Accepted",
        "A place is held",
        "Offered a place",
        "The service began",
        "The place was taken",
    ]
    assert trail.parties == [WARD, HOUSE]
    assert trail.reads == 2


def test_a_late_arrival_is_told_at_its_time() -> None:
    told = a_handoff()
    trail = told_as([told[0], *told[5:], *told[1:5]])
    moments = [step.facts.occurred for step in trail.steps]
    assert moments == sorted(moments)
    assert len(moments) == len(told)


def test_arrows_go_from_the_one_who_acts_to_the_one_addressed() -> None:
    steps = {step.facts.action: step for step in told_as(a_handoff()).steps}
    asked = steps[referral.HandoffRequested.key]
    assert (asked.party, asked.to) == (WARD, HOUSE)
    accepted = steps[referral.HandoffAccepted.key]
    assert (accepted.party, accepted.to) == (HOUSE, WARD)


def test_each_step_of_a_handoff_carries_its_lawful_basis() -> None:
    trail = told_as(a_handoff())
    assert {step.basis for step in trail.steps if step.facts.handoff} == {"direct-care"}


def test_a_handoff_that_stood_still_for_a_day_is_marked() -> None:
    trail = told_as(a_handoff())
    paused = [step.said for step in trail.steps if step.is_after_a_pause]
    assert paused == ["The service began"]


def test_an_answer_after_its_deadline_is_late_by_so_much() -> None:
    story = Story()
    trail = told_as([story.requested(), story.accepted(minutes=60 * 26)])
    (late,) = [step.late for step in trail.steps if step.late]
    assert late == timedelta(hours=2, minutes=5)  # due a day after what was told at 9:00


def test_an_answered_question_starts_the_clock_again() -> None:
    trail = told_as(a_handoff())
    assert [step.late for step in trail.steps if step.late] == []


def test_an_event_the_log_does_not_have_is_counted_where_it_is_missing() -> None:
    told = a_handoff()
    trail = told_as([*told[:4], *told[5:]])
    assert trail.missing == 1
    (after,) = [step.said for step in trail.steps if step.missing]
    assert after == "Asked a question"


def test_reads_of_a_service_are_numbered_apart_from_another_services() -> None:
    story = Story()
    told = [story.requested(), story.read(), story.read()]
    other = story.tell(told[1].event, HOUSE_WORKER, source="audit")
    assert told_as([*told, other]).missing == 0


def test_every_event_that_can_be_about_a_referral_has_its_words() -> None:
    about = {
        key
        for key, made in declared().items()
        if "referral_id" in made.__slots__
        or issubclass(made, referral.HandoffEvent | MessageEvent)
        or hasattr(made, "referral_id")
    }
    assert about <= MEANINGS.keys()
    assert all(meaning.kind is not Kind.OTHER for meaning in MEANINGS.values())
