"""The place ledger of one service: who has which place, who waits, what each request comes to.

Every function takes the ledger as it stands and returns it as it will stand, with what to tell the
others. Two promises hold after each: no place is kept for two people, and no place is free while
somebody waits.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from onward.contracts.base import Event
from onward.contracts.directory import (
    PlaceHeld,
    PlaceQueued,
    PlaceRefused,
    PlaceReleased,
    PlaceTaken,
)
from onward.errors import ConflictError, NotFoundError
from services.directory.domain import waiting
from services.directory.domain.claims import Claim, ClaimState, Urgency
from services.directory.domain.places import (
    CapacityKind,
    Opening,
    Place,
    PlaceState,
    require_opening,
)

LAPSED = "offer-lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which handoff an event is about, and where it looks for a place."""

    handoff_id: UUID
    referral_id: UUID
    service_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A handoff that was accepted and needs a place."""

    asked: Asked
    urgency: Urgency
    requested_at: datetime
    offer_hours: int


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
    kept: Mapping[UUID, Claim] = field(default_factory=dict)
    """The claim that keeps each place from everybody else, by the place."""
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
        return cls(
            service_id=service_id,
            kind=kind,
            closed=closed,
            places=places,
            open={claim.handoff_id: claim for claim in open_claims},
            kept={claim.place_id: claim for claim in open_claims if claim.place_id},
            queue=waiting.in_order(open_claims),
            ended=tuple(claim for claim in everything if not claim.is_open),
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim, ended ones first."""
        return (*self.ended, *self.open.values())

    @property
    def free(self) -> list[Place]:
        """Places that nobody has, in the order in which they are given out."""
        free = (
            place
            for place in self.places
            if place.opening is Opening.AVAILABLE and place.id not in self.kept
        )
        return sorted(free, key=lambda place: place.number)

    def place(self, place_id: UUID) -> Place:
        """Return a place. Raises `NotFoundError`."""
        for place in self.places:
            if place.id == place_id:
                return place
        raise NotFoundError("place")

    def state_of(self, place: Place) -> PlaceState:
        """Return how *place* stands."""
        claim = self.kept.get(place.id)
        if claim is None:
            return PlaceState(place.opening)
        return PlaceState.HELD if claim.state is ClaimState.HELD else PlaceState.OCCUPIED

    def with_claim(self, claim: Claim) -> "Ledger":
        """Return the ledger after *claim* came, or changed to what it is now."""
        before = self.open.get(claim.handoff_id)
        open_claims = {**self.open, claim.handoff_id: claim}
        ended = self.ended
        if not claim.is_open:
            del open_claims[claim.handoff_id]
            ended = (*ended, claim)
        kept = {
            place_id: other
            for place_id, other in self.kept.items()
            if other.handoff_id != claim.handoff_id
        }
        if claim.is_open and claim.place_id:
            kept[claim.place_id] = claim
        queue = self.queue
        if before is not None and before.state is ClaimState.QUEUED:
            queue = waiting.without(queue, before)
        if claim.state is ClaimState.QUEUED:
            queue = waiting.joined(queue, claim)
        return replace(self, open=open_claims, kept=kept, queue=queue, ended=ended)

    @property
    def room(self) -> "Room":
        """Return how many places stand how, and how many people wait."""
        states = Counter(self.state_of(place) for place in self.places)
        return Room(
            **{state.value: states[state] for state in PlaceState},
            places=len(self.places),
            waiting=len(self.queue),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much room a service has: numbers only, for everybody who may refer to it."""

    places: int
    available: int
    held: int
    occupied: int
    pipeline: int
    closed: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The ledger after a step, and what to tell the others about it."""

    ledger: Ledger
    events: tuple[Event, ...] = ()


def request(ledger: Ledger, wish: Wish, *, at: datetime) -> Outcome:
    """Find a place for an accepted handoff: held at once, or queued behind those who go first."""
    if ledger.closed:
        return refused(ledger, wish.asked, "service-closed")
    if wish.asked.handoff_id in ledger.open:
        return refused(ledger, wish.asked, "already-asked")
    return _enter(ledger, _first_claim(ledger, wish), at=at)


def take(ledger: Ledger, asked: Asked, place_id: UUID | None, *, at: datetime) -> Outcome:
    """Move the person into the held place; *place_id*, where given, is the one they expect."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is None or claim.state is not ClaimState.HELD or claim.place_id is None:
        return refused(ledger, asked, "not-held")
    if place_id not in {None, claim.place_id}:
        return refused(ledger, asked, "other-place-held")
    told = PlaceTaken(**_about(claim, ledger), place_id=claim.place_id)
    return Outcome(ledger=ledger.with_claim(claim.take(at=at)), events=(told,))


def lapse(ledger: Ledger, asked: Asked, *, offer_hours: int, at: datetime) -> Outcome:
    """Take the held place back and let the handoff wait again, behind everybody of its band."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is None or claim.state is not ClaimState.HELD:
        return refused(ledger, asked, "not-held")
    freed, told = _closed(ledger, claim, ClaimState.LAPSED, reason=LAPSED, at=at)
    entered = _enter(freed, claim.again(offer_hours=offer_hours, at=at), at=at, promoted=True)
    return Outcome(ledger=entered.ledger, events=(told, *entered.events))


def release(ledger: Ledger, asked: Asked, *, reason: str, at: datetime) -> Outcome:
    """Give the place, or the wait for one, back; changes nothing without a claim."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is None:
        return Outcome(ledger=ledger)
    freed, told = _closed(ledger, claim, ClaimState.RELEASED, reason=reason, at=at)
    after = promote(freed, at=at)
    return Outcome(ledger=after.ledger, events=(told, *after.events))


def promote(ledger: Ledger, *, at: datetime) -> Outcome:
    """Hold every free place for whoever is next."""
    events: list[Event] = []
    for place, claim in zip(ledger.free, ledger.queue, strict=False):
        held = claim.hold(place.id, at=at, promoted=True)
        ledger = ledger.with_claim(held)
        events.append(_held(held, ledger))
    return Outcome(ledger=ledger, events=tuple(events))


def add_place(ledger: Ledger, place: Place, *, at: datetime) -> Outcome:
    """Add a place; whoever is next gets it at once when it is available.

    Raises `ConflictError` ``service-closed``, ``no-pipeline`` or ``label-taken``.
    """
    if ledger.closed:
        raise ConflictError("service-closed", "The service is closed: it can have no more places.")
    require_opening(ledger.kind, place.opening)
    if any(other.label == place.label for other in ledger.places):
        raise ConflictError("label-taken", "The service has a place of that name: choose another.")
    return promote(replace(ledger, places=(*ledger.places, place)), at=at)


def move_place(ledger: Ledger, place_id: UUID, to: Opening, *, at: datetime) -> Outcome:
    """Open or withdraw a place; an opened one goes to whoever is next.

    Raises `NotFoundError`, or `ConflictError` with ``place-in-use`` (and whom it affects),
    ``illegal-place-move`` or ``service-closed``.
    """
    place = ledger.place(place_id)
    if claim := ledger.kept.get(place_id):
        raise ConflictError(
            "place-in-use",
            "Somebody has this place or is offered it: end or lapse that first.",
            affected=[str(claim.handoff_id)],
        )
    place.require_move(to)
    if ledger.closed and to is Opening.AVAILABLE:
        raise ConflictError("service-closed", "The service is closed: its places stay closed.")
    moved = replace(place, opening=to)
    places = tuple(moved if other.id == place_id else other for other in ledger.places)
    return promote(replace(ledger, places=places), at=at)


def refused(ledger: Ledger, asked: Asked, code: str) -> Outcome:
    """Change nothing and tell why: the recipient has to decide anew."""
    return Outcome(ledger=ledger, events=(refusal(asked, code),))


def refusal(asked: Asked, code: str) -> PlaceRefused:
    """Say that a rule with *code* gave no place to *asked*."""
    return PlaceRefused(
        handoff_id=asked.handoff_id,
        referral_id=asked.referral_id,
        service_id=asked.service_id,
        code=code,
    )


def _first_claim(ledger: Ledger, wish: Wish) -> Claim:
    earlier = (
        claim.attempt for claim in ledger.ended if claim.handoff_id == wish.asked.handoff_id
    )
    return Claim(
        handoff_id=wish.asked.handoff_id,
        referral_id=wish.asked.referral_id,
        attempt=max(earlier, default=0) + 1,
        state=ClaimState.QUEUED,
        urgency=wish.urgency,
        requested_at=wish.requested_at,
        waiting_since=wish.requested_at,
        offer_hours=wish.offer_hours,
    )


def _enter(ledger: Ledger, claim: Claim, *, at: datetime, promoted: bool = False) -> Outcome:
    """Let *claim* wait, then give out what is free: perhaps to *claim* itself."""
    after = promote(ledger.with_claim(claim), at=at)
    own = after.ledger.open[claim.handoff_id]
    others = tuple(event for event in after.events if event.subject != claim.handoff_id)
    if own.state is ClaimState.QUEUED:
        return Outcome(ledger=after.ledger, events=(_queued(own, after.ledger), *others))
    own = replace(own, promoted=promoted)
    ledger = after.ledger.with_claim(own)
    return Outcome(ledger=ledger, events=(_held(own, ledger), *others))


def _closed(
    ledger: Ledger, claim: Claim, state: ClaimState, *, reason: str, at: datetime
) -> tuple[Ledger, PlaceReleased]:
    told = PlaceReleased(**_about(claim, ledger), place_id=claim.place_id, reason=reason)
    return ledger.with_claim(claim.end(state, reason=reason, at=at)), told


def _held(claim: Claim, ledger: Ledger) -> PlaceHeld:
    if claim.place_id is None or claim.held_until is None:
        raise AssertionError("a held claim has a place and an end")
    return PlaceHeld(
        **_about(claim, ledger),
        place_id=claim.place_id,
        until=claim.held_until,
        promoted=claim.promoted,
    )


def _queued(claim: Claim, ledger: Ledger) -> PlaceQueued:
    return PlaceQueued(
        **_about(claim, ledger),
        position=waiting.position(ledger.queue, claim),
        band=claim.urgency,
        waiting_since=claim.waiting_since,
    )


def _about(claim: Claim, ledger: Ledger) -> dict[str, UUID]:
    return {
        "handoff_id": claim.handoff_id,
        "referral_id": claim.referral_id,
        "service_id": ledger.service_id,
    }
