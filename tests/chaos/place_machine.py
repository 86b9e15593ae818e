"""A machine that does everything that can happen to place ledgers, in any order, against a small model."""

from collections import defaultdict
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onward import tables
from onward.codec import decode, encode
from onward.contracts import directory, referral
from onward.contracts.referral import HandoffEvent
from onward.envelope import Envelope
from onward.errors import ConflictError
from onward.inbox import SUSPECT, Arrival
from services.directory.domain.claims import Urgency
from services.directory.domain.places import Opening
from services.directory.domain.services import Service
from services.directory.handlers import places
from tests.chaos import town
from tests.chaos.place_model import ENDS, HAPPENS, OFFER_HOURS, Model
from tests.chaos.together import Together

SERVICES = (town.HOUSE, town.FLATS, town.ADVICE)
MOST_PLACES = 6
SHARED = 2
"""Seats of an adviser's caseload, to begin with."""
AT_ONCE = st.sampled_from([True, True, True, False])


class PlaceMachine(RuleBasedStateMachine):
    """Handoffs are accepted, start, lapse and end; places come and go; the broker does its worst."""

    here: ClassVar[Together]
    steps: ClassVar[int] = 0
    delivered: ClassVar[int] = 0

    def __init__(self) -> None:
        """Begin with an empty town and no places."""
        super().__init__()
        self.here.forget()
        town.publish(self.here)
        self.model = Model()
        self.lines: dict[UUID, list[Envelope]] = defaultdict(list)
        """Everything told per line."""
        self.known: dict[UUID, set[int]] = defaultdict(set)
        self.handled: dict[UUID, int] = defaultdict(int)
        self.on_the_way: list[Envelope] = []
        self.believed: dict[UUID, str] = {}
        """What others believe, who only hear what the ledger tells."""
        self.asked_of: dict[UUID, Service] = {}
        self.read = 0
        self.named = 0

    def tell(self, event: HandoffEvent) -> Envelope:
        line = self.lines[event.subject]
        envelope = Envelope(
            id=uuid4(),
            source="referral",
            sequence=len(line) + 1,
            occurred_at=self.here.clock.now(),
            correlation_id=uuid4(),
            causation_id=None,
            actor=town.NURSE,
            event=event,
        )
        line.append(envelope)
        self.on_the_way.append(envelope)
        return envelope

    def deliver(self, *envelopes: Envelope, deliveries: int = 0) -> None:
        """Let the directory have these, and the model what is next in each line."""
        arriving = [Arrival(encode(each), deliveries) for each in envelopes]
        self.here.running["directory"].inbox.receive(arriving)
        type(self).delivered += len(envelopes)
        self.on_the_way = [each for each in self.on_the_way if each not in envelopes]
        rounds: dict[UUID, list[Envelope]] = {}
        for each in envelopes:
            self.known[each.subject].add(each.sequence)
            rounds.setdefault(each.subject, [])
        for subject, ready in rounds.items():
            while self.handled[subject] + 1 in self.known[subject]:
                ready.append(self.lines[subject][self.handled[subject]])
                self.handled[subject] += 1
        for place in range(max(map(len, rounds.values()))):
            for ready in rounds.values():
                if place < len(ready):
                    event = ready[place].event
                    assert isinstance(event, HandoffEvent)
                    self.model.hear(event, self.here.clock.now())

    @initialize(urgencies=st.lists(st.sampled_from(Urgency), min_size=2, max_size=5))
    def some_are_accepted(self, urgencies: list[Urgency]) -> None:
        """Begin with more people than beds."""
        for service in SERVICES:
            self.add_place(service)
        for urgency in urgencies:
            self._accept(self._somebody(), town.HOUSE, urgency, now=True)

    @rule(
        service=st.sampled_from(SERVICES),
        urgency=st.sampled_from(Urgency),
        waited=st.integers(0, 3),
        now=AT_ONCE,
    )
    def another_is_accepted(
        self,
        service: Service,
        urgency: Urgency,
        waited: int,
        now: bool,  # noqa: FBT001
    ) -> None:
        self._accept(self._somebody(), service, urgency, waited=waited, now=now)

    def _somebody(self) -> UUID:
        """Return a new handoff's id: the same each time, since ids settle who goes first among equals."""
        return uuid5(NAMESPACE_OID, str(len(self.asked_of)))

    @precondition(lambda self: self.asked_of)
    @rule(data=st.data(), urgency=st.sampled_from(Urgency), needs_place=st.booleans())
    def one_is_accepted_again(
        self,
        data: st.DataObject,
        urgency: Urgency,
        needs_place: bool,  # noqa: FBT001
    ) -> None:
        who = data.draw(st.sampled_from(list(self.asked_of)))
        self._accept(who, self.asked_of[who], urgency, needs_place=needs_place, now=True)

    def _accept(
        self,
        who: UUID,
        service: Service,
        urgency: Urgency,
        *,
        waited: int = 0,
        needs_place: bool = True,
        now: bool,
    ) -> None:
        self.asked_of[who] = service
        since = self.here.clock.now() - timedelta(minutes=waited)
        more: dict[str, Any] = {
            "urgency": urgency,
            "requested_at": since,
            "offer_hours": OFFER_HOURS,
        }
        event = referral.HandoffAccepted(**about(who, service), needs_place=needs_place, **more)
        envelope = self.tell(event)
        if now:
            self.deliver(*[each for each in self.on_the_way if each.subject == envelope.subject])

    @precondition(lambda self: self.asked_of)
    @rule(data=st.data(), what=st.sampled_from(sorted(HAPPENS)), now=AT_ONCE)
    def anything_is_said_of_anybody(self, data: st.DataObject, what: str, now: bool) -> None:  # noqa: FBT001
        self._say(data.draw(st.sampled_from(list(self.asked_of))), what, now=now)

    @precondition(lambda self: self.offered)
    @rule(data=st.data(), what=st.sampled_from(["lapse", "lapse", "start"]), now=AT_ONCE)
    def an_offer_is_answered(self, data: st.DataObject, what: str, now: bool) -> None:  # noqa: FBT001
        self._say(data.draw(st.sampled_from(self.offered)), what, now=now)

    @precondition(lambda self: self.model.has)
    @rule(data=st.data(), what=st.sampled_from(ENDS), now=AT_ONCE)
    def a_place_is_given_back(self, data: st.DataObject, what: str, now: bool) -> None:  # noqa: FBT001
        self._say(data.draw(st.sampled_from(list(self.model.has))), what, now=now)

    @property
    def offered(self) -> list[UUID]:
        """Who has a place held and has not moved in."""
        return [who for who in self.model.has if who not in self.model.moved_in]

    def _say(self, who: UUID, what: str, *, now: bool) -> None:
        kind, more = HAPPENS[what]
        if kind is referral.HandoffStarted:
            more = {"place_id": self.model.has.get(who)}
        event = kind(**about(who, self.asked_of[who]), **more)
        self.tell(event)
        if now:
            self.deliver(*[each for each in self.on_the_way if each.subject == event.subject])

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), deliveries=st.sampled_from([0, 1, SUSPECT]))
    def deliver_one_too_early(self, data: st.DataObject, deliveries: int) -> None:
        self.deliver(data.draw(st.sampled_from(self.on_the_way)), deliveries=deliveries)

    @precondition(lambda self: self.lines)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(list(self.lines.values())))
        self.deliver(data.draw(st.sampled_from(line)))

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data())
    def deliver_a_shuffled_batch(self, data: st.DataObject) -> None:
        """Lines with an event that came too early stay out: which is released first is not promised."""
        early = {s for s, known in self.known.items() if len(known) > self.handled[s]}
        batch = [each for each in self.on_the_way if each.subject not in early]
        if batch:
            self.deliver(*data.draw(st.permutations(batch + batch[:3])))

    @precondition(lambda self: self.named < MOST_PLACES)
    @rule(service=st.sampled_from(SERVICES))
    def a_place_is_added(self, service: Service) -> None:
        self.add_place(service)

    def add_place(self, service: Service) -> None:
        self.named += 1
        seats = SHARED if service is town.ADVICE else 1
        place = town.open_place(self.here, service, f"Place {self.named}", seats=seats)
        self.model.places[service.id].append(place.id)
        self.model.seats[place.id] = seats
        self.model.give_out(service.id)

    @precondition(lambda self: any(self.model.places.values()))
    @rule(data=st.data(), to=st.sampled_from([Opening.AVAILABLE, Opening.CLOSED]))
    def move_place(self, data: st.DataObject, to: Opening) -> None:
        mine = [(place, id_) for id_, all_ in self.model.places.items() for place in all_]
        place, service = data.draw(st.sampled_from(mine))
        shut = place in self.model.shut
        possible = place not in self.model.has.values() and shut == (to is Opening.AVAILABLE)
        refused = nullcontext() if possible else pytest.raises(ConflictError)
        with (
            refused,
            self.here.running["directory"].database.transaction(actor=town.OPERATOR) as uow,
        ):
            places.move_place(uow, place, to)
        if not possible:
            return
        self.model.shut ^= {place}
        self.model.give_out(service)

    @rule(data=st.data(), seats=st.integers(1, 4))
    def a_caseload_is_resized(self, data: st.DataObject, seats: int) -> None:
        place = data.draw(st.sampled_from(self.model.places[town.ADVICE.id]))
        possible = seats >= self.model.seated(place)
        refused = nullcontext() if possible else pytest.raises(ConflictError)
        with (
            refused,
            self.here.running["directory"].database.transaction(actor=town.OPERATOR) as uow,
        ):
            places.change_place(uow, place, seats=seats)
        if possible:
            self.model.seats[place] = seats
            self.model.give_out(town.ADVICE.id)

    @rule(minutes=st.sampled_from([1, 60, 60 * 24]))
    def time_passes(self, minutes: int) -> None:
        self.here.clock.advance(timedelta(minutes=minutes))

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        type(self).steps += 1
        with self.here.running["directory"].engine.connect() as connection:
            open_ = connection.execute(OPEN).all()
            assert {who: (state, place) for who, state, place in open_} == self.model.claims()
            assert connection.execute(IDLE).all() == [], "a place is free while somebody waits"
            assert connection.execute(GAPS).all() == [], "a line of the outbox has a gap"
            self._believe(connection)
        counted = {who: state for who, state, _ in open_ if who not in self.model.uncounted}
        assert self.believed == counted

    def _believe(self, connection: sa.Connection) -> None:
        box = tables.outbox.c
        query = sa.select(box.position, box.body).where(box.position > self.read)
        for position, body in connection.execute(query.order_by(box.position)):
            self.read = position
            event = decode(bytes(body)).event
            if isinstance(event, directory.PlaceReleased):
                del self.believed[event.subject]
            elif type(event) in SAYS:
                self.believed[event.subject] = SAYS[type(event)]

    def teardown(self) -> None:
        """Let everything arrive at last: nothing may be left waiting in the inbox."""
        if self.on_the_way:
            self.deliver_in_order()
        self.the_database_says_what_the_model_says()
        left = self.here.rows(
            "directory",
            sa.text("SELECT code FROM parked WHERE status = ANY('{waiting,retrying,parked}')"),
        )
        assert left == []

    def deliver_in_order(self) -> None:
        for each in list(self.on_the_way):
            self.deliver(each)


SAYS: dict[type, str] = {
    directory.PlaceHeld: "held",
    directory.PlaceQueued: "queued",
    directory.PlaceTaken: "taken",
}
OPEN = sa.text("SELECT handoff_id, state, place_id FROM claims WHERE ended_at IS NULL")
IDLE = sa.text(
    "SELECT places.id FROM places WHERE opening = 'available' AND seats > (SELECT count(*) "
    "FROM claims WHERE place_id = places.id AND state IN ('held', 'taken')) AND EXISTS (SELECT "
    "FROM claims WHERE claims.service_id = places.service_id AND state = 'queued')"
)
GAPS = sa.text(
    "SELECT stream, subject FROM outbox JOIN outbox_lines USING (stream, subject) GROUP BY stream, "
    "subject, last HAVING (min(sequence), max(sequence), count(*)) <> (1, last, last)"
)


def about(handoff: UUID, service: Service) -> dict[str, Any]:
    """Return what every fact about a handoff carries; its referral is told by its number."""
    return {
        "referral_id": UUID(int=handoff.int ^ 1),
        "handoff_id": handoff,
        "service_id": service.id,
        "sender": town.WARD,
        "recipient": service.recipient,
    }
