"""How a service's places stand: which seat is whose, who waits, how much room there is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from uuid import UUID

from onward.errors import NotFoundError
from services.directory.domain import waiting
from services.directory.domain.claims import Claim, ClaimState, Seat
from services.directory.domain.places import CapacityKind, Opening, Place, PlaceState

Kept = Mapping[UUID, Mapping[int, Claim]]
"""The claim that keeps each seat from everybody else, by place and seat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much room a service has: numbers of seats, for everybody who may refer to it."""

    places: int
    available: int
    """Free, and given out on that day."""
    held: int
    occupied: int
    pipeline: int
    closed: int
    """Closed, of a course that is over, or free when it is too late to enrol."""
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The places of one service and the claims on them, by what is looked up."""

    service_id: UUID
    kind: CapacityKind
    closed: bool
    """Whether the service has closed for good and gives out nothing any more."""
    places: tuple[Place, ...] = ()
    open: Mapping[UUID, Claim] = field(default_factory=dict)
    """Every open claim by its handoff."""
    kept: Kept = field(default_factory=dict)
    queue: tuple[Claim, ...] = ()
    """Those who wait, the next one first."""
    ended: tuple[Claim, ...] = ()
    """Claims that ended here, and whatever earlier ones belong to the handoffs in question."""

    @classmethod
    def of(
        cls,
        *,
        service_id: UUID,
        kind: CapacityKind,
        closed: bool,
        places: tuple[Place, ...] = (),
        claims: Iterable[Claim] = (),
    ) -> "Ledger":
        """Return the ledger that consists of *places* and *claims*."""
        everything = tuple(claims)
        open_claims = [claim for claim in everything if claim.is_open]
        kept: Kept = {}
        for claim in open_claims:
            kept = _seated(kept, claim)
        return cls(
            service_id=service_id,
            kind=kind,
            closed=closed,
            places=places,
            open={claim.handoff_id: claim for claim in open_claims},
            kept=kept,
            queue=waiting.in_order(open_claims),
            ended=tuple(claim for claim in everything if not claim.is_open),
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim, ended ones first."""
        return (*self.ended, *self.open.values())

    def free(self, on: date) -> Iterator[Seat]:
        """Return the seats that are given out on the day *on* and nobody has, the first one first."""
        given_out = (place for place in self.places if place.is_given_out(on))
        ordered = sorted(given_out, key=lambda place: place.order)
        return chain.from_iterable(map(self._vacant, ordered))

    def place(self, place_id: UUID) -> Place:
        """Return a place. Raises `NotFoundError`."""
        for place in self.places:
            if place.id == place_id:
                return place
        raise NotFoundError("place")

    def on_place(self, place_id: UUID) -> list[Claim]:
        """Return who has a seat of a place, by seat."""
        return [claim for _, claim in sorted(self.kept.get(place_id, {}).items())]

    def state_of(self, place: Place, on: date) -> PlaceState:
        """Return how *place* stands on the day *on*."""
        if place.opening is not Opening.AVAILABLE:
            return PlaceState(place.opening)
        if place.has_ended(on):
            return PlaceState.ENDED
        seated = self.on_place(place.id)
        if len(seated) < place.seats:
            given_out = place.is_given_out(on)
            return PlaceState.AVAILABLE if given_out else PlaceState.ENROLMENT_CLOSED
        held = any(claim.state is ClaimState.HELD for claim in seated)
        return PlaceState.HELD if held else PlaceState.OCCUPIED

    def with_place(self, place: Place) -> "Ledger":
        """Return the ledger with a place that is new, or changed to what it is now."""
        if all(other.id != place.id for other in self.places):
            return replace(self, places=(*self.places, place))
        changed = tuple(place if other.id == place.id else other for other in self.places)
        return replace(self, places=changed)

    def with_claim(self, claim: Claim) -> "Ledger":
        """Return the ledger after *claim* came, or changed to what it is now."""
        before = self.open.get(claim.handoff_id)
        open_claims = {**self.open, claim.handoff_id: claim}
        ended = self.ended
        if not claim.is_open:
            del open_claims[claim.handoff_id]
            ended = (*ended, claim)
        kept = _seated(_vacated(self.kept, before), claim)
        queue = self.queue
        if before is not None and before.state is ClaimState.QUEUED:
            queue = waiting.without(queue, before)
        if claim.state is ClaimState.QUEUED:
            queue = waiting.joined(queue, claim)
        return replace(self, open=open_claims, kept=kept, queue=queue, ended=ended)

    def room(self, on: date) -> Room:
        """Return how many seats stand how on the day *on*, and how many people wait."""
        counted: Counter[str] = Counter()
        for place in self.places:
            counted.update(self._counted(place, on))
        return Room(
            places=sum(place.seats for place in self.places),
            available=counted["available"],
            held=counted["held"],
            occupied=counted["occupied"],
            pipeline=counted["pipeline"],
            closed=counted["closed"],
            waiting=len(self.queue),
        )

    def _vacant(self, place: Place) -> Iterator[Seat]:
        taken = self.kept.get(place.id, {})
        return (Seat(place, number) for number in range(1, place.seats + 1) if number not in taken)

    def _counted(self, place: Place, on: date) -> Mapping[str, int]:
        if place.opening is not Opening.AVAILABLE:
            return {place.opening.value: place.seats}
        seated = self.on_place(place.id)
        held = sum(claim.state is ClaimState.HELD for claim in seated)
        rest = "available" if place.is_given_out(on) else "closed"
        return {"held": held, "occupied": len(seated) - held, rest: place.seats - len(seated)}


def _seated(kept: Kept, claim: Claim) -> Kept:
    if not (claim.is_open and claim.place_id and claim.seat):
        return kept
    return {**kept, claim.place_id: {**kept.get(claim.place_id, {}), claim.seat: claim}}


def _vacated(kept: Kept, before: Claim | None) -> Kept:
    if before is None or before.place_id is None:
        return kept
    left = {seat: one for seat, one in kept[before.place_id].items() if seat != before.seat}
    others = {place_id: seats for place_id, seats in kept.items() if place_id != before.place_id}
    return {**others, before.place_id: left} if left else others
