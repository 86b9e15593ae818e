"""Add, open, resize and withdraw places: whatever is promised to somebody stays theirs."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from onward.errors import ConflictError
from services.directory.domain.claims import Claim
from services.directory.domain.days import day_of
from services.directory.domain.ledger import Outcome, promote
from services.directory.domain.places import Opening, Place
from services.directory.domain.seats import Ledger


def add_place(ledger: Ledger, place: Place, *, at: datetime) -> Outcome:
    """Add a place; whoever is next gets its seats at once when they are given out.

    Raises `InvalidError`, or `ConflictError` ``service-closed``, ``not-counted``, ``no-pipeline`` or
    ``label-taken``.
    """
    if ledger.closed:
        raise ConflictError("service-closed", "The service is closed: it can have no more places.")
    if not ledger.kind.can_be_counted:
        raise ConflictError(
            "not-counted", "Whoever comes to a drop-in is let in: count who came instead."
        )
    _require_free_label(ledger, place.checked(ledger.kind))
    return promote(ledger.with_place(place), at=at)


def change_place(ledger: Ledger, wanted: Place, *, at: datetime) -> Outcome:
    """Change a place to *wanted*; whatever seats that frees go to whoever is next.

    Raises `NotFoundError`, `InvalidError`, or `ConflictError` with ``place-in-use`` or
    ``capacity-below-occupied`` (and whom it affects), ``illegal-place-move``, ``label-taken`` or
    ``service-closed``.
    """
    place = ledger.place(wanted.id)
    if wanted == place:
        return Outcome(ledger=ledger)
    seated = ledger.on_place(place.id)
    _require_untouched(place, wanted, seated)
    if wanted.opening is not place.opening:
        place.require_move(wanted.opening)
        if ledger.closed and wanted.opening is Opening.AVAILABLE:
            raise ConflictError("service-closed", "The service is closed: its places stay closed.")
    _require_free_label(ledger, wanted.checked(ledger.kind))
    return promote(_moved_up(ledger.with_place(wanted), wanted, seated), at=at)


def move_place(ledger: Ledger, place_id: UUID, to: Opening, *, at: datetime) -> Outcome:
    """Open or withdraw a place. Raises as `change_place` does, and for what it is already."""
    place = ledger.place(place_id)
    if to is place.opening or not ledger.on_place(place_id):
        place.require_move(to)
    return change_place(ledger, replace(place, opening=to), at=at)


def open_what_is_due(ledger: Ledger, *, at: datetime) -> Outcome:
    """Open every place whose day has come; a closed service's stay in the pipeline."""
    if ledger.closed:
        return Outcome(ledger=ledger)
    for place in ledger.places:
        if place.is_due(day_of(at)):
            ledger = ledger.with_place(replace(place, opening=Opening.AVAILABLE))
    return promote(ledger, at=at)


def _require_untouched(place: Place, wanted: Place, seated: list[Claim]) -> None:
    """Refuse what would take away, or move, what somebody has or is offered; say whom it affects."""
    affected = [str(claim.handoff_id) for claim in seated]
    if len(seated) > wanted.seats:
        over = len(seated) - wanted.seats
        raise ConflictError(
            "capacity-below-occupied",
            f"{len(seated)} people have, or are offered, a seat here: "
            f"end or lapse {over} of the handoffs first.",
            affected=affected,
            over=over,
        )
    dates = (place.starts_on, place.ends_on) != (wanted.starts_on, wanted.ends_on)
    if seated and (dates or wanted.opening is not Opening.AVAILABLE):
        raise ConflictError(
            "place-in-use",
            "Somebody has this place or is offered it: end or lapse that first.",
            affected=affected,
        )


def _require_free_label(ledger: Ledger, place: Place) -> None:
    if any(other.label == place.label and other.id != place.id for other in ledger.places):
        raise ConflictError("label-taken", "The service has a place of that name: choose another.")


def _moved_up(ledger: Ledger, place: Place, seated: list[Claim]) -> Ledger:
    """Give those on seats that are no more the lowest seats that are free."""
    taken = {claim.seat for claim in seated}
    free = (number for number in range(1, place.seats + 1) if number not in taken)
    for claim in seated:
        if claim.seat is not None and claim.seat > place.seats:
            ledger = ledger.with_claim(replace(claim, seat=next(free)))
    return ledger
