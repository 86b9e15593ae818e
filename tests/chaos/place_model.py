"""Who should have which place and who waits: what the place ledger is compared with."""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from onward.contracts import referral
from onward.contracts.referral import HandoffEvent
from services.directory.domain.claims import Urgency

OFFER_HOURS = 12
HAPPENS: dict[str, tuple[type[HandoffEvent], dict[str, Any]]] = {
    "start": (referral.HandoffStarted, {}),
    "resume": (referral.HandoffResumed, {}),
    "lapse": (referral.OfferLapsed, {"place_id": None, "offer_hours": OFFER_HOURS}),
    "complete": (referral.HandoffCompleted, {"outcome": "advice-given"}),
    "cancel": (
        referral.HandoffCancelled,
        {"reason": "no-longer-needed", "cancelled_by": "sender"},
    ),
    "fail": (referral.HandoffFailed, {"reason": "person-left"}),
    "mark in error": (referral.HandoffEnteredInError, {"reason": "duplicate"}),
}
ENDS = ("complete", "cancel", "fail", "mark in error")
Waiter = tuple[int, datetime, UUID]


@dataclass(slots=True)
class Model:
    """Who has which place and who waits: a few dictionaries and one rule."""

    places: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    """Of each service, in the order in which they are given out."""
    seats: dict[UUID, int] = field(default_factory=dict)
    shut: set[UUID] = field(default_factory=set)
    has: dict[UUID, UUID] = field(default_factory=dict)
    """Place by handoff."""
    moved_in: set[UUID] = field(default_factory=set)
    uncounted: dict[UUID, str] = field(default_factory=dict)
    """How those stand who were accepted without needing a place."""
    waits: dict[UUID, list[Waiter]] = field(default_factory=lambda: defaultdict(list))
    order: dict[UUID, Waiter] = field(default_factory=dict)

    def hear(self, event: HandoffEvent, now: datetime) -> None:
        """Let an event have its effect."""
        who, service = event.handoff_id, event.service_id
        offered = who in self.has and who not in self.moved_in
        match event:
            case referral.HandoffAccepted() if event.needs_place and not self.is_in(who, service):
                self._wait(service, (Urgency(event.urgency).band, event.requested_at, who))
            case referral.HandoffAccepted() if not event.needs_place:
                if not self.is_in(who, service):
                    self.uncounted[who] = "accepted"
            case referral.HandoffStarted() | referral.HandoffResumed() if who in self.uncounted:
                self.uncounted[who] = "started"
            case referral.HandoffStarted() if offered:
                self.moved_in.add(who)
            case referral.OfferLapsed() if offered:
                band = self.order[who][0]
                self._leave(who, service)
                self._wait(service, (band, now, who))
            case _ if type(event) in {HAPPENS[name][0] for name in ENDS}:
                self._leave(who, service)
        self.give_out(service)

    def is_in(self, who: UUID, service: UUID) -> bool:
        """Tell whether somebody is known there: has, waits for, or does without a place."""
        known = who in self.has or who in self.uncounted
        return known or any(each[2] == who for each in self.waits[service])

    def give_out(self, service: UUID) -> None:
        """Give every free seat to whoever is next: the one rule."""
        for place in self.places[service]:
            free = 0 if place in self.shut else self.seats[place] - self.seated(place)
            for _ in range(min(free, len(self.waits[service]))):
                self.has[self.waits[service].pop(0)[2]] = place

    def seated(self, place: UUID) -> int:
        """Return how many people have a place, or are offered it."""
        return sum(mine == place for mine in self.has.values())

    def claims(self) -> dict[UUID, tuple[str, UUID | None]]:
        """Return every open claim as the database should have it."""
        kept = {
            who: ("taken" if who in self.moved_in else "held", place)
            for who, place in self.has.items()
        }
        waiting = {each[2]: ("queued", None) for queue in self.waits.values() for each in queue}
        plain = {who: (state, None) for who, state in self.uncounted.items()}
        return {**kept, **waiting, **plain}

    def _wait(self, service: UUID, waiter: Waiter) -> None:
        self.order[waiter[2]] = waiter
        insort(self.waits[service], waiter)

    def _leave(self, who: UUID, service: UUID) -> None:
        self.has.pop(who, None)
        self.uncounted.pop(who, None)
        self.moved_in.discard(who)
        self.waits[service] = [each for each in self.waits[service] if each[2] != who]
