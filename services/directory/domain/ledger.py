"""The place ledger of one service: who has which place, who waits, what each request comes to.

Every function takes the ledger as it stands and returns it as it will stand, with what to tell the
others. Two promises hold after each: no place is kept for two people, and no place is free while
somebody waits.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """The places of one service and the claims on them."""

    service_id: UUID
    kind: CapacityKind
    closed: bool
    """Whether the service has closed for good and gives out nothing any more."""
    places: tuple[Place, ...] = ()
    claims: tuple[Claim, ...] = ()
    """Every open claim, and whatever earlier ones belong to the handoffs in question."""

    @property
    def open_claims(self) -> tuple[Claim, ...]:
        """Claims that hold a place or wait for one."""
        return tuple(claim for claim in self.claims if claim.is_open)

    @property
    def free(self) -> list[Place]:
        """Places that nobody has, in the order in which they are given out."""
        taken = {claim.place_id for claim in self.claims if claim.is_on_a_place}
        free = (
            place
            for place in self.places
            if place.opening is Opening.AVAILABLE and place.id not in taken
        )
        return sorted(free, key=lambda place: place.number)

    def claim_of(self, handoff_id: UUID) -> Claim | None:
        """Return the open claim of *handoff_id*, if it has one."""
        mine = (claim for claim in self.open_claims if claim.handoff_id == handoff_id)
        return next(mine, None)

    def on_place(self, place_id: UUID) -> Claim | None:
        """Return the claim that keeps *place_id*, if one does."""
        kept = (
            claim for claim in self.claims if claim.is_on_a_place and claim.place_id == place_id
        )
        return next(kept, None)

    def place(self, place_id: UUID) -> Place:
        """Return a place. Raises `NotFoundError`."""
        for place in self.places:
            if place.id == place_id:
                return place
        raise NotFoundError("place")

    def state_of(self, place: Place) -> PlaceState:
        """Return how *place* stands."""
        claim = self.on_place(place.id)
        if claim is None:
            return PlaceState(place.opening)
        return PlaceState.HELD if claim.state is ClaimState.HELD else PlaceState.OCCUPIED

    @property
    def room(self) -> "Room":
        """Return how many places stand how, and how many people wait."""
        states = Counter(self.state_of(place) for place in self.places)
        waiters = sum(claim.state is ClaimState.QUEUED for claim in self.claims)
        return Room(
            **{state.value: states[state] for state in PlaceState},
            places=len(self.places),
            waiting=waiters,
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
    if ledger.claim_of(wish.asked.handoff_id):
        return refused(ledger, wish.asked, "already-asked")
    return _enter(ledger, _first_claim(ledger, wish), at=at)


def take(ledger: Ledger, asked: Asked, place_id: UUID | None, *, at: datetime) -> Outcome:
    """Move the person into the held place; *place_id*, where given, is the one they expect."""
    claim = ledger.claim_of(asked.handoff_id)
    if claim is None or claim.state is not ClaimState.HELD or claim.place_id is None:
        return refused(ledger, asked, "not-held")
    if place_id not in {None, claim.place_id}:
        return refused(ledger, asked, "other-place-held")
    told = PlaceTaken(**_about(claim, ledger), place_id=claim.place_id)
    return Outcome(ledger=_with(ledger, claim.take(at=at)), events=(told,))


def lapse(ledger: Ledger, asked: Asked, *, offer_hours: int, at: datetime) -> Outcome:
    """Take the held place back and let the handoff wait again, behind everybody of its band."""
    claim = ledger.claim_of(asked.handoff_id)
    if claim is None or claim.state is not ClaimState.HELD:
        return refused(ledger, asked, "not-held")
    freed, told = _closed(ledger, claim, ClaimState.LAPSED, reason=LAPSED, at=at)
    entered = _enter(freed, claim.again(offer_hours=offer_hours, at=at), at=at, promoted=True)
    return Outcome(ledger=entered.ledger, events=(told, *entered.events))


def release(ledger: Ledger, asked: Asked, *, reason: str, at: datetime) -> Outcome:
    """Give the place, or the wait for one, back; changes nothing without a claim."""
    claim = ledger.claim_of(asked.handoff_id)
    if claim is None:
        return Outcome(ledger=ledger)
    freed, told = _closed(ledger, claim, ClaimState.RELEASED, reason=reason, at=at)
    after = promote(freed, at=at)
    return Outcome(ledger=after.ledger, events=(told, *after.events))


def promote(ledger: Ledger, *, at: datetime) -> Outcome:
    """Hold every free place for whoever is next."""
    free = ledger.free
    if not free:
        return Outcome(ledger=ledger)
    events: list[Event] = []
    for place, claim in zip(free, waiting.in_order(ledger.claims), strict=False):
        held = claim.hold(place.id, at=at, promoted=True)
        ledger = _with(ledger, held)
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
    if claim := ledger.on_place(place_id):
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
        claim.attempt for claim in ledger.claims if claim.handoff_id == wish.asked.handoff_id
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
    after = promote(replace(ledger, claims=(*ledger.claims, claim)), at=at)
    own = after.ledger.claim_of(claim.handoff_id)
    others = tuple(event for event in after.events if event.subject != claim.handoff_id)
    if own is None or own.state is ClaimState.QUEUED:
        return Outcome(ledger=after.ledger, events=(_queued(claim, after.ledger), *others))
    own = replace(own, promoted=promoted)
    ledger = _with(after.ledger, own)
    return Outcome(ledger=ledger, events=(_held(own, ledger), *others))


def _closed(
    ledger: Ledger, claim: Claim, state: ClaimState, *, reason: str, at: datetime
) -> tuple[Ledger, PlaceReleased]:
    told = PlaceReleased(**_about(claim, ledger), place_id=claim.place_id, reason=reason)
    return _with(ledger, claim.end(state, reason=reason, at=at)), told


def _with(ledger: Ledger, changed: Claim) -> Ledger:
    claims: Iterable[Claim] = (
        changed if claim.key == changed.key else claim for claim in ledger.claims
    )
    return replace(ledger, claims=tuple(claims))


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
        position=waiting.position(ledger.claims, claim),
        band=claim.urgency,
        waiting_since=claim.waiting_since,
    )


def _about(claim: Claim, ledger: Ledger) -> dict[str, UUID]:
    return {
        "handoff_id": claim.handoff_id,
        "referral_id": claim.referral_id,
        "service_id": ledger.service_id,
    }
