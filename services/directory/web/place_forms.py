"""The forms on which a place is added and changed: its inputs by kind, read as the API would be sent them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from marshmallow import Schema, ValidationError

from onward.errors import InvalidError
from onward.web.validation import invalid
from services.directory.domain.places import CapacityKind, Opening, Place
from services.directory.web.editing.inputs import Input, Shape
from services.directory.web.editing.reading import Known, read
from services.directory.web.editing.shared_inputs import number
from services.directory.web.schemas import PlaceBody, PlacePatch

Texts = Mapping[str, Sequence[str]]
DAY: Final = "A day, such as 2027-04-07"
OPENINGS: Final = {
    Opening.AVAILABLE: "Available: given out",
    Opening.PIPELINE: "Being prepared",
    Opening.CLOSED: "Closed",
}
_LABEL: Final = Input(
    pointer="/label",
    label="Name",
    hint="Such as Flat 2, or the course's own name; never an address",
    required=True,
)
_SEATS: Final = number("/seats", "People at once", "Empty: as the service's entry says")
_OPENS: Final = Input(
    pointer="/opens_on",
    label="Given out from",
    hint=f"{DAY}; of what is being prepared",
    width=10,
)
_COURSE: Final = (
    Input(pointer="/starts_on", label="First day", hint=DAY, width=10),
    Input(pointer="/ends_on", label="Last day", hint=DAY, width=10),
    Input(pointer="/enrols_until", label="Last day to join", hint=DAY, width=10),
)


def inputs_for(kind: CapacityKind) -> tuple[Input, ...]:
    """Return what can be said of a place of *kind*."""
    states = {state: said for state, said in OPENINGS.items() if _can_be(kind, state)}
    state = Input(pointer="/state", label="State", shape=Shape.CHOICE, words=states, required=True)
    if kind is CapacityKind.BED:
        return (_LABEL, state)
    if kind is CapacityKind.HOME:
        return (_LABEL, state, _OPENS)
    days = _COURSE if kind is CapacityKind.COHORT else ()
    return (_LABEL, state, _SEATS, _OPENS, *days)


def body_of(place: Place) -> dict[str, Any]:
    """Return *place* as its form says it."""
    days = ("opens_on", "starts_on", "ends_on", "enrols_until")
    said = {name: getattr(place, name) for name in ("label", "seats", *days)}
    return {**said, "state": place.opening}


def new_place(inputs: Sequence[Input], texts: Texts) -> dict[str, Any]:
    """Return what a form says of a new place. Raises `InvalidError`."""
    return _loaded(PlaceBody(exclude=("service_id",)), inputs, texts)


def changed_place(inputs: Sequence[Input], texts: Texts, place: Place) -> dict[str, Any]:
    """Return what a form says that is not said of *place* by now. Raises `InvalidError`."""
    said = _loaded(PlacePatch(), inputs, texts)
    return {name: value for name, value in said.items() if value != getattr(place, name)}


def _loaded(schema: Schema, inputs: Sequence[Input], texts: Texts) -> dict[str, Any]:
    found = read(inputs, texts, Known(named=lambda _kind, _name: (), ids=()))
    if found.errors:
        raise InvalidError("invalid", "Change what is marked.", errors=found.errors)
    body = {pointer.lstrip("/"): value for pointer, value in found.values.items()}
    if body.get("seats", 0) is None:
        del body["seats"]
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise invalid(error) from None
    loaded["opening"] = loaded.pop("state")
    return loaded


def _can_be(kind: CapacityKind, state: Opening) -> bool:
    return kind is not CapacityKind.BED or state is not Opening.PIPELINE
