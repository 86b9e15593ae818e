"""Draw a service's places: each in words with its shape, its days and, for its providers, who has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from onward.web.pages import day
from services.directory.domain.claims import Claim
from services.directory.domain.places import Opening, Place, PlaceState
from services.directory.domain.seats import Ledger, Room

SHAPES: Final = {
    PlaceState.AVAILABLE: "onward-place--free",
    PlaceState.HELD: "onward-place--held",
    PlaceState.OCCUPIED: "onward-place--taken",
}
SAID: Final = {
    PlaceState.AVAILABLE: "Free",
    PlaceState.HELD: "Offered",
    PlaceState.OCCUPIED: "Taken",
    PlaceState.PIPELINE: "Being prepared",
    PlaceState.ENROLMENT_CLOSED: "Enrolment closed",
    PlaceState.ENDED: "Over",
    PlaceState.CLOSED: "Closed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One place as it is drawn; who has it is set for the providers alone."""

    place: Place
    said: str
    shape: str
    days: tuple[str, ...]
    claims: Sequence[Claim]


def drawn(ledger: Ledger, on: date, *, told: bool) -> list[Drawn]:
    """Return the places as they stand on the day *on*; who has them where the reader may be *told*."""
    return [drawn_one(ledger, place, on, told=told) for place in ledger.places]


def counted(room: Room) -> str:
    """Return in words what room there is."""
    given_out = room.available + room.held + room.occupied
    if room.available:
        said = f"{room.available} of {given_out} free"
    else:
        said = "Full" if given_out else "None open yet"
    return f"{said}, {room.waiting} waiting" if room.waiting else said


def drawn_one(ledger: Ledger, place: Place, on: date, *, told: bool) -> Drawn:
    """Return one place as it stands on the day *on*; who has it where the reader may be *told*."""
    state, seated = ledger.state_of(place, on), ledger.on_place(place.id)
    said = SAID[state]
    if place.seats > 1 and place.opening is Opening.AVAILABLE:
        taken = f"{len(seated)} of {place.seats} taken"
        free = state in {PlaceState.AVAILABLE, PlaceState.HELD, PlaceState.OCCUPIED}
        said = taken if free else f"{said}, {taken}"
    return Drawn(
        place=place,
        said=said,
        shape=SHAPES.get(state, ""),
        days=tuple(_days(place, state)),
        claims=seated if told else (),
    )


def _days(place: Place, state: PlaceState) -> list[str]:
    said = []
    if place.starts_on:
        said.append(f"{day(place.starts_on)} to {day(place.ends_on)}")
    if place.enrols_until and state in {PlaceState.AVAILABLE, PlaceState.PIPELINE}:
        said.append(f"join by {day(place.enrols_until)}")
    if place.opens_on and state is PlaceState.PIPELINE:
        said.append(f"counts from {day(place.opens_on)}")
    return said
