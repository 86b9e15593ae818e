"""A place: a bed or a named home that one person at a time can have."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from onward.errors import ConflictError


class CapacityKind(StrEnum):
    """In which unit a service counts what it can take on."""

    BED = "bed"
    HOME = "home"
    COHORT = "cohort"
    SESSIONS = "sessions"
    CASELOAD = "caseload"
    DROP_IN = "drop_in"

    @property
    def has_ledger(self) -> bool:
        """Whether its places are given out one by one, to one person each."""
        return self in {CapacityKind.BED, CapacityKind.HOME}


class Opening(StrEnum):
    """What the provider says about a place; whether somebody has it, the claims say."""

    PIPELINE = "pipeline"
    AVAILABLE = "available"
    CLOSED = "closed"


class PlaceState(StrEnum):
    """How a place stands when both are looked at together."""

    PIPELINE = "pipeline"
    AVAILABLE = "available"
    HELD = "held"
    OCCUPIED = "occupied"
    CLOSED = "closed"


ALLOWED = {
    Opening.PIPELINE: frozenset({Opening.AVAILABLE, Opening.CLOSED}),
    Opening.AVAILABLE: frozenset({Opening.CLOSED}),
    Opening.CLOSED: frozenset({Opening.AVAILABLE}),
}
"""What can become of a place: nothing goes back into the pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One bed or home. Its label is a name such as "Flat 2", never an address."""

    id: UUID
    number: int
    """1, 2, …: the order in which free places are given out."""
    label: str
    opening: Opening

    def require_move(self, to: Opening) -> None:
        """Raise `ConflictError` ``illegal-place-move`` unless the place can become *to*."""
        allowed = ALLOWED[self.opening]
        if to not in allowed:
            raise ConflictError(
                "illegal-place-move",
                f"A place that is {self.opening} can only become {' or '.join(sorted(allowed))}.",
                allowed=sorted(allowed),
            )


def require_opening(kind: CapacityKind, opening: Opening) -> None:
    """Raise `ConflictError` ``no-pipeline`` where a bed would be planned: only homes are built."""
    if kind is CapacityKind.BED and opening is Opening.PIPELINE:
        raise ConflictError(
            "no-pipeline", "A bed is available or closed; only homes have a pipeline."
        )
