"""A claim: what one handoff has on the places of one service, from asking until the end."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.directory.domain.places import Place


class Urgency(StrEnum):
    """How quickly somebody has to be helped; its band decides the order of waiting first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def band(self) -> int:
        """0 goes first."""
        return _BANDS[self]


_BANDS = {urgency: band for band, urgency in enumerate(Urgency)}
Order = tuple[int, datetime, UUID]


class Seat(NamedTuple):
    """One seat of a place."""

    place: Place
    number: int
    """1, 2, … up to the place's seats."""


class ClaimState(StrEnum):
    """Where a claim stands."""

    QUEUED = "queued"
    HELD = "held"
    TAKEN = "taken"
    ACCEPTED = "accepted"
    """Taken on by a service that counts no places: nothing is kept for it, nothing has begun."""
    STARTED = "started"
    """Begun at a service that counts no places."""
    RELEASED = "released"
    LAPSED = "lapsed"


OPEN = frozenset(ClaimState) - {ClaimState.RELEASED, ClaimState.LAPSED}
"""A handoff has one claim in these states at most."""
ON_A_PLACE = frozenset({ClaimState.HELD, ClaimState.TAKEN})
"""A seat has one claim in these states at most."""
UNCOUNTED = frozenset({ClaimState.ACCEPTED, ClaimState.STARTED})
"""No place is counted for these; nobody is told of them."""
BEGUN = frozenset({ClaimState.TAKEN, ClaimState.STARTED})
"""The person is there: sessions are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One handoff's claim; closed, never removed: together they are each place's history."""

    handoff_id: UUID
    referral_id: UUID
    attempt: int
    """1, 2, …: a new one each time an offer lapsed."""
    state: ClaimState
    urgency: Urgency
    requested_at: datetime
    """When the sender first asked."""
    waiting_since: datetime
    """From when waiting counts: the request, or the moment an earlier offer lapsed."""
    offer_hours: int
    place_id: UUID | None = None
    """Set from the moment a place is held; kept when the claim is closed."""
    seat: int | None = None
    """Which seat of the place, 1, 2, …: a bed has one."""
    promoted: bool = False
    """Whether the place came after waiting for it."""
    held_at: datetime | None = None
    """When there was a place for it, or it began where no places are counted."""
    held_until: datetime | None = None
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    sessions: int = 0
    """How many the person has come to, as the recipient recorded them."""

    @property
    def key(self) -> tuple[UUID, int]:
        """What tells this claim from every other."""
        return self.handoff_id, self.attempt

    @property
    def order(self) -> Order:
        """Sorts those who wait: urgency band, then waiting time, then the handoff's id."""
        return self.urgency.band, self.waiting_since, self.handoff_id

    @property
    def is_open(self) -> bool:
        """Whether the handoff still has, or waits for, a place."""
        return self.state in OPEN

    @property
    def is_on_a_place(self) -> bool:
        """Whether it keeps its place from everybody else."""
        return self.state in ON_A_PLACE

    def hold(self, seat: Seat, *, at: datetime, promoted: bool) -> "Claim":
        """Keep a seat for it, for as many hours as the service's offers last."""
        return replace(
            self,
            state=ClaimState.HELD,
            place_id=seat.place.id,
            seat=seat.number,
            promoted=promoted,
            held_at=at,
            held_until=seat.place.held_until(at, self.offer_hours),
        )

    def take(self, *, at: datetime) -> "Claim":
        """Note that the person has moved in."""
        return replace(self, state=ClaimState.TAKEN, taken_at=at)

    def begin(self, *, at: datetime) -> "Claim":
        """Note that it has begun where no places are counted."""
        return replace(self, state=ClaimState.STARTED, held_at=at, taken_at=at)

    def end(self, state: ClaimState, *, reason: str, at: datetime) -> "Claim":
        """Close it as *state*, for the coded *reason*."""
        return replace(self, state=state, ended_at=at, end_reason=reason)

    def again(self, *, offer_hours: int, at: datetime) -> "Claim":
        """Return a new claim of the same handoff that waits from *at*, last of its band."""
        return Claim(
            handoff_id=self.handoff_id,
            referral_id=self.referral_id,
            attempt=self.attempt + 1,
            state=ClaimState.QUEUED,
            urgency=self.urgency,
            requested_at=self.requested_at,
            waiting_since=at,
            offer_hours=offer_hours,
        )
