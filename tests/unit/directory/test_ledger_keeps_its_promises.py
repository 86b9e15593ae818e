"""Whatever happens in whatever order, the ledger keeps its promises (a Hypothesis state machine)."""

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from onward.contracts.base import Event
from onward.contracts.directory import PlaceHeld, PlaceQueued, PlaceReleased, PlaceTaken
from onward.errors import ConflictError
from services.directory.domain import ledger as rules
from services.directory.domain.claims import Claim, ClaimState, Urgency
from services.directory.domain.ledger import Asked, Ledger, Outcome, Wish
from services.directory.domain.places import CapacityKind, Opening, Place
from tests.unit.directory.ledgers import NOW, asked, house


class LedgerMachine(RuleBasedStateMachine):
    """People ask, move in, let offers lapse and leave; beds come, close and open again."""

    handoffs = Bundle("handoffs")
    places = Bundle("places")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = house(beds=0, kind=CapacityKind.HOME)
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
            self.heard.pop(event.handoff_id)
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

    @rule(who=handoffs)
    def let_lapse(self, who: Asked) -> None:
        self.now += timedelta(hours=1)
        self.take_over(rules.lapse(self.ledger, who, offer_hours=1, at=self.now))

    @rule(who=handoffs, reason=st.sampled_from(["completed", "cancelled", "failed"]))
    def end(self, who: Asked, reason: str) -> None:
        self.take_over(rules.release(self.ledger, who, reason=reason, at=self.now))

    @rule(target=places, opening=st.sampled_from(Opening))
    def build(self, opening: Opening) -> UUID:
        number = len(self.ledger.places) + 1
        place = Place(id=UUID(int=number), number=number, label=f"{number}", opening=opening)
        self.take_over(rules.add_place(self.ledger, place, at=self.now))
        return place.id

    @rule(place=places, to=st.sampled_from(Opening))
    def reopen_or_close(self, place: UUID, to: Opening) -> None:
        with suppress(ConflictError):
            self.take_over(rules.move_place(self.ledger, place, to, at=self.now))

    @invariant()
    def nobody_shares_a_place(self) -> None:
        kept = Counter(claim.place_id for claim in self.ledger.claims if claim.is_on_a_place)
        assert all(count == 1 for count in kept.values())

    @invariant()
    def no_place_is_free_while_somebody_waits(self) -> None:
        assert not (self.ledger.free and self.ledger.queue)

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
