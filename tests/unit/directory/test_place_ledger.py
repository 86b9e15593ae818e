"""The place ledger, one rule at a time."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from onward.contracts.directory import (
    PlaceHeld,
    PlaceQueued,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
)
from onward.errors import ConflictError
from services.directory.domain import building
from services.directory.domain import ledger as rules
from services.directory.domain.claims import ClaimState, Urgency
from services.directory.domain.ledger import Outcome
from services.directory.domain.places import CapacityKind, Opening, Place, PlaceState
from services.directory.domain.seats import Ledger
from tests.unit.directory.ledgers import HOUSE, NOW, TODAY, asked, bed, house, wish


def asking(ledger: Ledger, *handoffs: int) -> Ledger:
    """Return *ledger* after each of *handoffs* asked, one minute after another."""
    for order, handoff in enumerate(handoffs):
        request = wish(handoff, minutes_ago=len(handoffs) - order)
        ledger = rules.request(ledger, request, at=NOW).ledger
    return ledger


def taken(ledger: Ledger, handoff: int) -> Ledger:
    return rules.take(ledger, asked(handoff), None, at=NOW).ledger


def only_refused(outcome: Outcome, code: str) -> bool:
    (event,) = outcome.events
    return isinstance(event, PlaceRefused) and event.code == code


def test_a_free_bed_is_held_for_as_long_as_an_offer_lasts() -> None:
    outcome = rules.request(house(), wish(1), at=NOW)

    (held,) = outcome.events
    assert isinstance(held, PlaceHeld)
    assert held.place_id == bed(1).id
    assert held.until == NOW + timedelta(hours=48)
    assert held.promoted is False
    assert outcome.ledger.state_of(bed(1), TODAY) is PlaceState.HELD


def test_the_second_to_ask_for_the_last_bed_is_queued_with_position_and_band() -> None:
    outcome = rules.request(asking(house(), 1), wish(2, Urgency.URGENT), at=NOW)

    (queued,) = outcome.events
    assert isinstance(queued, PlaceQueued)
    assert (queued.position, queued.band) == (1, "urgent")


def test_beds_are_given_out_in_the_order_of_their_numbers() -> None:
    ledger = asking(house(beds=2), 1, 2)

    assert [claim.place_id for claim in ledger.open.values()] == [bed(1).id, bed(2).id]


def test_starting_takes_the_held_bed() -> None:
    outcome = rules.take(asking(house(), 1), asked(1), bed(1).id, at=NOW)

    (told,) = outcome.events
    assert isinstance(told, PlaceTaken)
    assert outcome.ledger.state_of(bed(1), TODAY) is PlaceState.OCCUPIED


@pytest.mark.parametrize(
    ("ledger", "handoff", "place", "code"),
    [
        (house(), 1, None, "not-held"),
        (asking(house(), 1, 2), 2, None, "not-held"),
        (asking(house(beds=2), 1), 1, bed(2).id, "other-place-held"),
        (taken(asking(house(), 1), 1), 1, None, "not-held"),
    ],
    ids=["never-asked", "still-waiting", "another-bed", "taken-already"],
)
def test_a_start_without_the_held_bed_is_refused_and_changes_nothing(
    ledger: Ledger, handoff: int, place: UUID | None, code: str
) -> None:
    outcome = rules.take(ledger, asked(handoff), place, at=NOW)

    assert only_refused(outcome, code)
    assert outcome.ledger == ledger


def test_a_released_bed_is_held_for_the_next_in_the_same_step() -> None:
    ledger = taken(asking(house(), 1, 2, 3), 1)

    outcome = rules.release(ledger, asked(1), reason="completed", at=NOW)

    released, held = outcome.events
    assert isinstance(released, PlaceReleased)
    assert (released.place_id, released.reason) == (bed(1).id, "completed")
    assert isinstance(held, PlaceHeld)
    assert held.handoff_id == asked(2).handoff_id
    assert held.promoted is True


def test_giving_up_the_wait_frees_no_bed() -> None:
    outcome = rules.release(asking(house(), 1, 2), asked(2), reason="cancelled", at=NOW)

    (released,) = outcome.events
    assert isinstance(released, PlaceReleased)
    assert released.place_id is None


def test_ending_a_handoff_that_never_asked_for_a_place_says_nothing() -> None:
    ledger = asking(house(), 1)

    assert rules.release(ledger, asked(9), reason="failed", at=NOW) == Outcome(ledger=ledger)


def test_a_lapsed_offer_goes_to_the_next_and_the_first_waits_last_of_its_band() -> None:
    ledger = asking(house(), 1, 2, 3)
    later = NOW + timedelta(hours=48)

    outcome = rules.lapse(ledger, asked(1), offer_hours=24, at=later)

    released, queued, held = outcome.events
    assert isinstance(released, PlaceReleased)
    assert released.reason == "offer-lapsed"
    assert isinstance(queued, PlaceQueued)
    assert (queued.position, queued.waiting_since) == (2, later)
    assert isinstance(held, PlaceHeld)
    assert held.handoff_id == asked(2).handoff_id


def test_a_lapsed_offer_comes_back_when_nobody_else_waits() -> None:
    outcome = rules.lapse(asking(house(), 1), asked(1), offer_hours=24, at=NOW)

    _, held = outcome.events
    assert isinstance(held, PlaceHeld)
    assert held.handoff_id == asked(1).handoff_id
    assert held.until == NOW + timedelta(hours=24)
    attempts = [(claim.attempt, claim.state) for claim in outcome.ledger.claims]
    assert attempts == [(1, ClaimState.LAPSED), (2, ClaimState.HELD)]


def test_an_offer_that_was_taken_cannot_lapse() -> None:
    ledger = taken(asking(house(), 1), 1)

    assert only_refused(rules.lapse(ledger, asked(1), offer_hours=24, at=NOW), "not-held")


def test_a_closed_service_gives_out_nothing() -> None:
    assert only_refused(rules.request(house(closed=True), wish(1), at=NOW), "service-closed")


def test_asking_twice_is_refused_and_keeps_the_first_claim() -> None:
    ledger = asking(house(), 1)

    outcome = rules.request(ledger, wish(1), at=NOW)

    assert only_refused(outcome, "already-asked")
    assert outcome.ledger == ledger


def test_who_ended_once_can_ask_again_as_a_new_claim() -> None:
    ledger = rules.release(asking(house(), 1), asked(1), reason="failed", at=NOW).ledger

    after = rules.request(ledger, wish(1), at=NOW).ledger

    assert [claim.attempt for claim in after.claims] == [1, 2]


def test_a_new_bed_goes_to_whoever_is_next() -> None:
    outcome = building.add_place(asking(house(), 1, 2), bed(2), at=NOW)

    (held,) = outcome.events
    assert isinstance(held, PlaceHeld)
    assert (held.handoff_id, held.place_id) == (asked(2).handoff_id, bed(2).id)


def test_a_home_still_being_built_is_given_to_nobody_until_it_opens() -> None:
    pipeline = bed(2, Opening.PIPELINE)
    flats = asking(house(kind=CapacityKind.HOME), 1, 2)
    built = building.add_place(flats, pipeline, at=NOW)
    assert built.events == ()

    opened = building.move_place(built.ledger, pipeline.id, Opening.AVAILABLE, at=NOW)

    (held,) = opened.events
    assert isinstance(held, PlaceHeld)
    assert held.place_id == pipeline.id


def test_a_bed_in_use_cannot_be_withdrawn_and_the_refusal_says_whom_it_affects() -> None:
    with pytest.raises(ConflictError) as refused:
        building.move_place(asking(house(), 1), bed(1).id, Opening.CLOSED, at=NOW)

    assert refused.value.code == "place-in-use"
    assert refused.value.extra == {"affected": [str(asked(1).handoff_id)]}


@pytest.mark.parametrize(
    ("ledger", "place", "code"),
    [
        (house(), bed(2, Opening.PIPELINE), "no-pipeline"),
        (house(), replace(bed(2), label="Bed 1"), "label-taken"),
        (house(closed=True), bed(2), "service-closed"),
    ],
)
def test_a_place_that_cannot_be_is_refused(ledger: Ledger, place: Place, code: str) -> None:
    with pytest.raises(ConflictError) as refused:
        building.add_place(ledger, place, at=NOW)

    assert refused.value.code == code


def test_nothing_goes_back_into_the_pipeline() -> None:
    with pytest.raises(ConflictError) as refused:
        building.move_place(house(), bed(1).id, Opening.PIPELINE, at=NOW)

    assert refused.value.extra == {"allowed": ["closed"]}


def test_every_event_names_handoff_referral_and_service() -> None:
    (held,) = rules.request(house(), wish(1), at=NOW).events

    assert isinstance(held, PlaceHeld)
    assert (held.handoff_id, held.referral_id, held.service_id) == (
        asked(1).handoff_id,
        asked(1).referral_id,
        HOUSE,
    )
