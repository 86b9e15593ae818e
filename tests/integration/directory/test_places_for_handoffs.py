"""The place ledger on real PostgreSQL: what the referral service hears back, whatever the race."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.directory import (
    PlaceHeld,
    PlaceQueued,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
)
from onward.errors import ConflictError
from onward.service import RunningService
from services.directory.domain.days import day_of
from services.directory.domain.places import Opening
from services.directory.domain.services import ServiceStatus
from services.directory.handlers import entries, places, placing
from services.directory.storage.ledger_tables import claims
from tests.integration.directory import world
from tests.integration.directory.conftest import envelopes
from tests.integration.directory.world import ADVICE, HOUSE, OPERATOR, Handoffs, about
from tests.support.waiting import eventually

Told = Callable[[type[Any]], list[Any]]


@pytest.fixture
def handoffs(running: RunningService) -> Handoffs:
    return Handoffs(running)


def states(running: RunningService) -> dict[UUID, list[str]]:
    """Return the states of every handoff's claims, oldest first."""
    found: dict[UUID, list[str]] = {}
    with running.engine.connect() as connection:
        for row in connection.execute(sa.select(claims).order_by(claims.c.attempt)):
            found.setdefault(row.handoff_id, []).append(row.state.value)
    return found


def test_the_story_of_one_bed(
    running: RunningService, handoffs: Handoffs, told: Told, clock: ManualClock
) -> None:
    handoffs.tell(handoffs.accept(1))
    clock.advance(timedelta(minutes=1))
    handoffs.tell(handoffs.accept(2))
    (held,) = told(PlaceHeld)
    (queued,) = told(PlaceQueued)
    assert held.until == clock.now() - timedelta(minutes=1) + timedelta(hours=48)
    assert (queued.handoff_id, queued.position) == (UUID(int=1002), 1)

    handoffs.tell(referral.HandoffStarted(**about(1), place_id=held.place_id))
    assert [one.handoff_id for one in told(PlaceTaken)] == [UUID(int=1001)]

    handoffs.tell(referral.HandoffCompleted(**about(1), outcome="moved-on"))
    (released,) = told(PlaceReleased)
    assert released.reason == "completed"
    promoted = told(PlaceHeld)[-1]
    assert (promoted.handoff_id, promoted.promoted) == (UUID(int=1002), True)
    assert states(running) == {UUID(int=1001): ["released"], UUID(int=1002): ["held"]}


def test_the_answer_carries_the_journey_of_the_question(
    running: RunningService, handoffs: Handoffs
) -> None:
    handoffs.tell(handoffs.accept(1))

    (answer,) = envelopes(running)
    assert answer.actor == world.NURSE
    assert answer.causation_id is not None


def test_a_whole_life_in_one_batch_leaves_the_bed_free(
    running: RunningService, handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(
        handoffs.accept(1),
        handoffs.accept(2),
        referral.HandoffStarted(**about(1)),
        referral.HandoffFailed(**about(1), reason="left"),
        referral.HandoffCancelled(**about(2), reason="moved-away", cancelled_by="person"),
    )

    reasons = {one.handoff_id: one.reason for one in told(PlaceReleased)}
    assert reasons == {UUID(int=1001): "failed", UUID(int=1002): "cancelled"}
    with running.database.transaction() as uow:
        assert uow.store.ledgers.read([HOUSE.id])[HOUSE.id].room(day_of(uow.now)).available == 1


def test_a_lapsed_offer_is_queued_again_and_the_history_keeps_both(
    running: RunningService, handoffs: Handoffs, told: Told, clock: ManualClock
) -> None:
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(handoffs.accept(2))
    clock.advance(timedelta(hours=48))
    handoffs.tell(referral.OfferLapsed(**about(1), offer_hours=48))

    assert states(running) == {UUID(int=1001): ["lapsed", "queued"], UUID(int=1002): ["held"]}
    with running.database.transaction() as uow:
        ledger = uow.store.ledgers.read([HOUSE.id])[HOUSE.id]
        (bed,) = ledger.places
        history = uow.store.ledgers.history(bed.id)
    assert [(claim.handoff_id, claim.state) for claim in history] == [
        (UUID(int=1002), "held"),
        (UUID(int=1001), "lapsed"),
    ]


def test_a_service_without_a_ledger_refuses_only_who_needs_a_place(
    handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1, service=ADVICE))
    handoffs.tell(handoffs.accept(2, service=ADVICE, needs_place=False))
    handoffs.tell(referral.HandoffStarted(**about(2, ADVICE)))

    assert [(one.handoff_id, one.code) for one in told(PlaceRefused)] == [
        (UUID(int=1001), "no-ledger")
    ]


def test_events_that_come_too_late_are_answered_and_break_nothing(
    running: RunningService, handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(referral.HandoffStarted(**about(1)))
    handoffs.tell(referral.OfferLapsed(**about(2), offer_hours=48))
    handoffs.tell(referral.HandoffEnteredInError(**about(3), reason="wrong-person"))

    assert [one.code for one in told(PlaceRefused)] == ["not-held", "not-held"]
    assert states(running) == {}


def test_a_closed_service_answers_that_it_is_closed(
    running: RunningService, handoffs: Handoffs, told: Told
) -> None:
    with running.database.transaction(actor=OPERATOR) as uow:
        entries.change_service(uow, replace(HOUSE, status=ServiceStatus.CLOSED))

    handoffs.tell(handoffs.accept(1))

    assert [one.code for one in told(PlaceRefused)] == ["service-closed"]


@pytest.mark.parametrize("turn", range(20))
def test_the_last_bed_asked_for_twice_at_once_goes_to_exactly_one(
    running: RunningService, told: Told, turn: int
) -> None:
    ready = Barrier(2)

    def ask(handoff: int) -> None:
        one = Handoffs(running)
        accepted = one.accept(handoff)
        ready.wait()
        one.tell(accepted)

    both = [Thread(target=ask, args=(handoff,)) for handoff in (1, 2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert len(told(PlaceHeld)) == 1
    assert len(told(PlaceQueued)) == 1
    assert sorted(states(running).values()) == [["held"], ["queued"]]


def test_who_asks_while_the_bed_is_being_given_back_waits_for_that_and_gets_it(
    running: RunningService, handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1))
    next_one = Thread(target=handoffs.tell, args=(handoffs.accept(2),))

    with running.database.transaction() as uow:
        leaving = handoffs.envelope(referral.HandoffCompleted(**about(1), outcome="moved-on"))
        placing.keep_places(uow, [leaving])
        next_one.start()
        eventually(lambda: somebody_waits_for_a_lock(running), within=10)
    next_one.join()

    assert [one.handoff_id for one in told(PlaceHeld)] == [UUID(int=1001), UUID(int=1002)]
    assert told(PlaceQueued) == []


def somebody_waits_for_a_lock(running: RunningService) -> bool:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with running.engine.connect() as connection:
        return bool(connection.scalar(waiting))


def test_whatever_races_nobody_shares_a_bed_and_no_bed_is_idle_while_somebody_waits(
    running: RunningService,
) -> None:
    with running.database.transaction(actor=OPERATOR) as uow:
        spare = places.add_place(uow, HOUSE.id, label="Bed 2", opening=Opening.AVAILABLE)
    failures: list[Exception] = []

    def live(first: int) -> None:
        """Four people ask; two move in, one of them leaves, one lets the offer lapse."""
        handoffs = Handoffs(running)
        who = range(first, first + 4)
        try:
            for one in who:
                handoffs.tell(handoffs.accept(one, urgency=("routine", "urgent")[one % 2]))
            handoffs.tell(*(referral.HandoffStarted(**about(one)) for one in who[:2]))
            handoffs.tell(referral.OfferLapsed(**about(who[2]), offer_hours=1))
            handoffs.tell(referral.HandoffFailed(**about(who[0]), reason="left"))
        except Exception as error:  # noqa: BLE001 - told to the test below
            failures.append(error)

    def close_and_open() -> None:
        for to in (Opening.CLOSED, Opening.AVAILABLE) * 4:
            with (
                contextlib.suppress(ConflictError),
                running.database.transaction(actor=OPERATOR) as uow,
            ):
                places.move_place(uow, spare.id, to)

    threads = [Thread(target=live, args=(first,)) for first in (10, 20, 30)]
    threads.append(Thread(target=close_and_open))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with running.database.transaction() as uow:
        ledger = uow.store.ledgers.read([HOUSE.id])[HOUSE.id]
        parked = uow.connection.execute(sa.text("SELECT code FROM parked")).all()
    assert parked == []
    assert len({claim.handoff_id for claim in ledger.open.values()}) == len(ledger.open) == 9
    on_places = [claim.place_id for claim in ledger.claims if claim.is_on_a_place]
    assert len(set(on_places)) == len(on_places)
    assert list(ledger.free(day_of(uow.now))) == []


@pytest.mark.parametrize(
    ("claim", "rule"),
    [
        ({"handoff_id": UUID(int=9), "state": "held"}, "uq_claims_one_per_seat"),
        (
            {"attempt": 2, "state": "queued", "place_id": None, "seat": None},
            "uq_claims_one_per_handoff",
        ),
        ({"handoff_id": UUID(int=9), "state": "taken", "place_id": None}, "ck_claims_place"),
        ({"handoff_id": UUID(int=9), "place_id": UUID(int=9)}, "fk_claims_service_id_place_id"),
    ],
    ids=["two-in-one-bed", "two-claims-of-one-handoff", "taken-nowhere", "bed-of-another-house"],
)
def test_the_database_itself_refuses_what_the_rules_forbid(
    running: RunningService, handoffs: Handoffs, claim: dict[str, Any], rule: str
) -> None:
    handoffs.tell(handoffs.accept(1))

    with running.engine.connect() as connection:
        kept = connection.execute(sa.select(claims)).mappings().one()
        with pytest.raises(sa.exc.IntegrityError, match=rule):
            connection.execute(sa.insert(claims).values({**kept, **claim}))


def test_nobody_can_delete_the_history_of_a_bed(
    running: RunningService, handoffs: Handoffs
) -> None:
    handoffs.tell(handoffs.accept(1))

    with (
        pytest.raises(sa.exc.DatabaseError, match="never delete them"),
        running.engine.begin() as connection,
    ):
        connection.execute(sa.delete(claims))


def test_opening_a_bed_offers_it_in_the_same_transaction(
    running: RunningService, handoffs: Handoffs, told: Told
) -> None:
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(handoffs.accept(2))

    with running.database.transaction(actor=OPERATOR) as uow:
        places.add_place(uow, HOUSE.id, label="Bed 2", opening=Opening.AVAILABLE)

    assert [one.handoff_id for one in told(PlaceHeld)] == [UUID(int=1001), UUID(int=1002)]
