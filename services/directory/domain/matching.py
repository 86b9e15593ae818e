"""Rank services for one person: who takes them, helps with what they need, has room, and is near.

What a service is turned down for stands before what it would be chosen for, in this order: whether it
takes the person (its rules and its area), whether the sender may tell it anything, how much of what is
needed it helps with, whether it has room, whether it is open (where that was asked), how far it is. Two
that are alike in all of it follow each other by name: nothing is weighed against anything else, so that
the order can be told in sentences.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from services.directory.domain.eligibility import Facts, Outcome
from services.directory.domain.eligibility.assessing import OUTCOMES, conjoined
from services.directory.domain.eligibility.quick import quick_verdict
from services.directory.domain.facts import Area, WayIn
from services.directory.domain.geography import Home, Point, is_served, nearest_km
from services.directory.domain.opening import State
from services.directory.domain.places import CapacityKind


class Space(StrEnum):
    """Whether there is room for one more."""

    NOW = "now"
    ASK = "ask"
    """Nobody counts it here: the service knows."""
    QUEUE = "queue"
    """Every place is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How the places of a service that gives them out one by one stand."""

    available: int
    open: int
    """Available, offered or taken: all but those being prepared or closed."""
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service as far as matching looks at it."""

    service_id: UUID
    name: str
    kind: CapacityKind
    shared: bool
    """Whether the sender answers for it itself, or has an agreement with whoever does."""
    needs: frozenset[str]
    """What it helps with; empty where nobody says."""
    areas: Sequence[Area]
    """Whose people it is for; none: anybody's."""
    areas_known: bool
    """False where nobody says whose people it is for."""
    points: Sequence[Point]
    online: bool
    ways_in: frozenset[WayIn]
    eligibility: Mapping[str, Any] | None
    """Its own document, or that of its programme."""
    places: Places | None = None
    """None where it gives out no places one by one."""

    @property
    def space(self) -> Space:
        """Whether it has room for one more."""
        if self.places is not None:
            return Space.NOW if self.places.available else Space.QUEUE
        return Space.NOW if self.kind is CapacityKind.DROP_IN else Space.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What else is told of a service: many are found, and of the foremost alone it is read."""

    nation: str
    opening: Mapping[str, Any] | None
    """Its document; None where nobody says when it is open."""
    answer_hours: int
    counts_working_hours: bool = False
    """Whether those are hours in which it is open."""
    wait_days: int | None = None
    """How long people waited for a place lately: the middle one of them; None where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for, and for whom; nothing that says who it is."""

    needs: frozenset[str]
    facts: Facts
    place: Point | None
    """From where the way is measured."""
    at: datetime
    open_then: bool
    """Whether it matters that a service is open at that moment."""
    sender: UUID | None
    """The organisation that asks; without one agreements do not matter."""
    on: date
    """The day on which an agreement has to hold."""

    @property
    def home(self) -> Home:
        """Where the person lives, as far as it is known."""
        return Home.of(self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one service stands in a search."""

    offer: Offer
    outcome: Outcome
    """Of its rules and its area together."""
    served: bool | None
    """Whether it is for people who live there."""
    agreed: bool
    """Whether the sender may tell it about somebody, or need not."""
    helps_with: frozenset[str]
    place: Point | None
    """From where the way is measured."""
    state: State = State.UNKNOWN
    """Whether it is open at that moment; looked up for the foremost alone."""

    @property
    def distance_km(self) -> float | None:
        """How far it is; None where one of the two places is not known."""
        return nearest_km(self.offer.points, self.place) if self.place else None

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is ordered by: the smaller the further up."""
        return (
            _OUTCOMES[self.outcome],
            not self.agreed,
            -len(self.helps_with),
            _SPACES[self.offer.space],
            _STATES[self.state],
            _far(self.distance_km, online=self.offer.online),
            self.offer.places.waiting if self.offer.places else 0,
            self.offer.name.lower(),
            str(self.offer.service_id),
        )


_OUTCOMES: Final = {
    Outcome.ELIGIBLE: 0,
    Outcome.NEEDS_ASSESSMENT: 1,
    Outcome.INELIGIBLE: 2,
}
_SPACES: Final = {Space.NOW: 0, Space.ASK: 1, Space.QUEUE: 2}
_STATES: Final = {State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}
_ANYWHERE: Final = 1e5
"""Stands after every distance there is: a service without a site that can be used from anywhere."""
_NOWHERE: Final = 1e6
"""Where a service is, nobody says."""


def stand(offer: Offer, search: Search, home: Home) -> Standing:
    """Return how *offer* stands in *search* for somebody of *home*."""
    served = is_served(offer.areas, home) if offer.areas_known else None
    takes = quick_verdict(offer.eligibility, search.facts)
    return Standing(
        offer=offer,
        outcome=OUTCOMES[conjoined([served, takes])],
        served=served,
        agreed=_may_tell(offer, search),
        helps_with=offer.needs & search.needs,
        place=search.place,
    )


def rank(standings: Iterable[Standing]) -> list[Standing]:
    """Return *standings* with the foremost first."""
    return sorted(standings, key=lambda one: one.key)


def at_hours(standing: Standing, state: State) -> Standing:
    """Return *standing* with whether it is open at the moment that was asked about."""
    return replace(standing, state=state)


def _may_tell(offer: Offer, search: Search) -> bool:
    """Tell whether nothing stands between the sender and a referral that an agreement would allow."""
    if search.sender is None or offer.shared:
        return True
    return bool(offer.ways_in) and WayIn.REFERRAL not in offer.ways_in


def _far(distance_km: float | None, *, online: bool) -> float:
    if distance_km is not None:
        return distance_km
    return _ANYWHERE if online else _NOWHERE
