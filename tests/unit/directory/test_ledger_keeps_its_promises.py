"""Whatever happens in whatever order, the ledger keeps its promises (a Hypothesis state machine)."""

from collections import Counter
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from onward.contracts.base import Event
from onward.contracts.directory import PlaceHeld, PlaceQueued, PlaceReleased, PlaceTaken
from onward.errors import ConflictError
from services.directory.domain import building
from services.directory.domain import ledger as rules
from services.directory.domain.claims import Claim, ClaimState, Urgency
from services.directory.domain.days import day_of
from services.directory.domain.ledger import Asked, Outcome, Wish
from services.directory.domain.places import CapacityKind, Opening, Place
from services.directory.domain.seats import Ledger
from tests.unit.directory.ledgers import NOW, asked, house


class LedgerMachine(RuleBasedStateMachine):
    """People ask, begin, let offers lapse and leave; courses come, fill, grow, shrink and close."""

    handoffs = Bundle("handoffs")
    places = Bundle("places")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = house(beds=0, kind=CapacityKind.COHORT)
        self.now: datetime = NOW
        self.asked = 0
        self.closed: dict[tuple[UUID, int], Claim] = {}
        self.heard: dict[UUID, str] = {}

    def take_over(self, outcome: Outcome) -> None:
        """Believe only what is told, as the other services do."""
        for event in outcome.events:
            self.hear(event)
        self.ledger = outcome.ledger

    def hear(self, event: Event) -> None:
        said = {PlaceHeld: "held", PlaceQueued: "queued", PlaceTaken: "taken"}
        if isinstance(event, PlaceReleased):
            self.heard.pop(event.handoff_id, None)
        elif type(event) in said:
            self.heard[event.subject] = said[type(event)]

    @rule(target=handoffs, urgency=st.sampled_from(Urgency), waited=st.integers(0, 3))
    def ask(self, urgency: Urgency, waited: int) -> Asked:
        self.asked += 1
        who = asked(self.asked)
        since = self.now - timedelta(minutes=waited)
        one = Wish(asked=who, urgency=urgency, requested_at=since, offer_hours=1)
        self.take_over(rules.request(self.ledger, one, at=self.now))
        return who

    @rule(who=handoffs)
    def ask_again(self, who: Asked) -> None:
        one = Wish(asked=who, urgency=Urgency.ROUTINE, requested_at=self.now, offer_hours=1)
        self.take_over(rules.request(self.ledger, one, at=self.now))

    @rule(who=handoffs)
    def start(self, who: Asked) -> None:
        self.take_over(rules.take(self.ledger, who, None, at=self.now))
        if self.heard.get(who.handoff_id) == "accepted":
            self.heard[who.handoff_id] = "started"

    @rule(who=handoffs)
    def let_lapse(self, who: Asked) -> None:
        self.now += timedelta(hours=1)
        self.take_over(rules.lapse(self.ledger, who, offer_hours=1, at=self.now))

    @rule(who=handoffs, reason=st.sampled_from(["completed", "cancelled", "failed"]))
    def end(self, who: Asked, reason: str) -> None:
        self.take_over(rules.release(self.ledger, who, reason=reason, at=self.now))
        self.heard.pop(who.handoff_id, None)

    @rule(who=handoffs, waited=st.integers(0, 3))
    def accept_where_nobody_counts(self, who: Asked, waited: int) -> None:
        since = self.now - timedelta(minutes=waited)
        one = Wish(asked=who, urgency=Urgency.ROUTINE, requested_at=since, offer_hours=1)
        before = who.handoff_id in self.ledger.open
        self.take_over(rules.accept(self.ledger, one))
        if not before:
            self.heard[who.handoff_id] = "accepted"

    @rule(
        target=places,
        opening=st.sampled_from(Opening),
        seats=st.integers(1, 3),
        starts=st.integers(0, 3),
        opens=st.none() | st.integers(-1, 0),
    )
    def announce(self, opening: Opening, seats: int, starts: int, opens: int | None) -> UUID:
        number, today = len(self.ledger.places) + 1, day_of(self.now)
        starts_on = today + timedelta(days=starts)
        place = Place(
            id=UUID(int=number),
            number=number,
            label=f"{number}",
            opening=opening,
            seats=seats,
            opens_on=None if opens is None else starts_on + timedelta(days=opens),
            enrols_until=starts_on,
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=1),
        )
        self.take_over(building.add_place(self.ledger, place, at=self.now))
        return place.id

    @rule(place=places, to=st.sampled_from(Opening))
    def reopen_or_close(self, place: UUID, to: Opening) -> None:
        with suppress(ConflictError):
            self.take_over(building.move_place(self.ledger, place, to, at=self.now))

    @rule(place=places, seats=st.integers(1, 4))
    def resize(self, place: UUID, seats: int) -> None:
        wanted = replace(self.ledger.place(place), seats=seats)
        seated = self.ledger.on_place(place)
        fits = seats >= len(seated)
        with nullcontext() if fits else pytest.raises(ConflictError) as refused:
            self.take_over(building.change_place(self.ledger, wanted, at=self.now))
        if refused is not None:
            assert refused.value.extra["affected"] == [str(one.handoff_id) for one in seated]

    @rule(days=st.integers(1, 2))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.take_over(building.open_what_is_due(self.ledger, at=self.now))

    @invariant()
    def nobody_shares_a_seat(self) -> None:
        seated = [claim for claim in self.ledger.claims if claim.is_on_a_place]
        assert len({(claim.place_id, claim.seat) for claim in seated}) == len(seated)

    @invariant()
    def nobody_sits_beside_a_seat(self) -> None:
        for place in self.ledger.places:
            numbers = [claim.seat for claim in self.ledger.on_place(place.id)]
            assert all(number in range(1, place.seats + 1) for number in numbers)

    @invariant()
    def no_seat_is_free_while_somebody_waits(self) -> None:
        assert not self.ledger.queue or not list(self.ledger.free(day_of(self.now)))

    @invariant()
    def no_offer_outlasts_the_last_day_of_enrolment(self) -> None:
        for claim in self.ledger.open.values():
            if claim.place_id and claim.held_until:
                assert self.ledger.place(claim.place_id).is_given_out(
                    day_of(claim.held_until - timedelta(seconds=1))
                )

    @invariant()
    def what_is_counted_adds_up(self) -> None:
        room = self.ledger.room(day_of(self.now))
        parts = room.available + room.held + room.occupied + room.pipeline + room.closed
        assert parts == room.places
        assert room.available == len(list(self.ledger.free(day_of(self.now))))

    @invariant()
    def a_handoff_has_one_open_claim(self) -> None:
        mine = Counter(claim.handoff_id for claim in self.ledger.open.values())
        assert all(count == 1 for count in mine.values())

    @invariant()
    def only_available_places_are_kept_for_people(self) -> None:
        for place in self.ledger.places:
            if place.id in self.ledger.kept:
                assert place.opening is Opening.AVAILABLE

    @invariant()
    def what_was_told_is_what_is_so(self) -> None:
        """Nobody is told of those for whom no places are counted: the rules above note them."""
        assert self.heard == {claim.handoff_id: claim.state for claim in self.ledger.open.values()}

    @invariant()
    def looking_up_agrees_with_looking_through(self) -> None:
        ledger = self.ledger
        anew = Ledger.of(
            service_id=ledger.service_id,
            kind=ledger.kind,
            closed=ledger.closed,
            places=ledger.places,
            claims=ledger.claims,
        )
        assert anew == ledger

    @invariant()
    def history_is_never_rewritten(self) -> None:
        ended = {claim.key: claim for claim in self.ledger.claims if not claim.is_open}
        assert self.closed.items() <= ended.items()
        assert all(claim.state is not ClaimState.QUEUED for claim in ended.values())
        self.closed = ended


TestLedgerKeepsItsPromises = LedgerMachine.TestCase
TestLedgerKeepsItsPromises.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
