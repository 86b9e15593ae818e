"""The place ledger of one service: who has which place, who waits, what each request comes to.

Every function takes the ledger as it stands and returns it as it will stand, with what to tell the
others. Two promises hold after each: no seat is kept for two people, and no seat that is given out is
free while somebody waits.
"""

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
from services.directory.domain import waiting
from services.directory.domain.claims import UNCOUNTED, Claim, ClaimState, Urgency
from services.directory.domain.days import day_of
from services.directory.domain.seats import Ledger

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
    attempt = _earlier(ledger, wish.asked.handoff_id) + 1
    return _enter(ledger, _first_claim(wish, attempt=attempt), at=at)


def take(ledger: Ledger, asked: Asked, place_id: UUID | None, *, at: datetime) -> Outcome:
    """Move the person into the held place; *place_id*, where given, is the one they expect."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is not None and claim.state is ClaimState.ACCEPTED:
        return begin(ledger, asked, at=at)
    if claim is None or claim.state is not ClaimState.HELD or claim.place_id is None:
        return refused(ledger, asked, "not-held")
    if place_id not in {None, claim.place_id}:
        return refused(ledger, asked, "other-place-held")
    told = PlaceTaken(**_about(claim, ledger), place_id=claim.place_id)
    return Outcome(ledger=ledger.with_claim(claim.take(at=at)), events=(told,))


def accept(ledger: Ledger, wish: Wish) -> Outcome:
    """Note who was accepted when no places were counted yet: nothing is kept for them."""
    if wish.asked.handoff_id in ledger.open:
        return Outcome(ledger=ledger)
    earlier = _earlier(ledger, wish.asked.handoff_id)
    return Outcome(ledger=ledger.with_claim(accepted(wish, attempt=earlier + 1)))


def accepted(wish: Wish, *, attempt: int = 1) -> Claim:
    """Return the claim of somebody accepted where no places are counted."""
    return replace(_first_claim(wish, attempt=attempt), state=ClaimState.ACCEPTED)


def begin(ledger: Ledger, asked: Asked, *, at: datetime) -> Outcome:
    """Note that somebody begins who was accepted when no places were counted; nothing for others."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is None or claim.state is not ClaimState.ACCEPTED:
        return Outcome(ledger=ledger)
    return Outcome(ledger=ledger.with_claim(claim.begin(at=at)))


def attend(ledger: Ledger, asked: Asked, sessions: int) -> Outcome:
    """Note how many sessions somebody has come to; a handoff that has ended counts no more."""
    claim = ledger.open.get(asked.handoff_id)
    if claim is None:
        return Outcome(ledger=ledger)
    return Outcome(ledger=ledger.with_claim(replace(claim, sessions=sessions)))


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
    if claim.state in UNCOUNTED:
        return Outcome(ledger=freed)
    after = promote(freed, at=at)
    return Outcome(ledger=after.ledger, events=(told, *after.events))


def promote(ledger: Ledger, *, at: datetime) -> Outcome:
    """Hold every free seat for whoever is next."""
    events: list[Event] = []
    for claim, seat in zip(ledger.queue, ledger.free(day_of(at)), strict=False):
        held = claim.hold(seat, at=at, promoted=True)
        ledger = ledger.with_claim(held)
        events.append(_held(held, ledger))
    return Outcome(ledger=ledger, events=tuple(events))


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


def _earlier(ledger: Ledger, handoff_id: UUID) -> int:
    """Return how many claims a handoff had before."""
    attempts = (claim.attempt for claim in ledger.ended if claim.handoff_id == handoff_id)
    return max(attempts, default=0)


def _first_claim(wish: Wish, *, attempt: int) -> Claim:
    return Claim(
        handoff_id=wish.asked.handoff_id,
        referral_id=wish.asked.referral_id,
        attempt=attempt,
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
        ends_on=ledger.place(claim.place_id).ends_on,
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
