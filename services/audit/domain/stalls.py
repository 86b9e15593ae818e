"""Where handoffs stall: after which step, at which service, how long they wait for the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from onward.contracts import referral
from services.audit.domain.trail import MEANINGS, Kind

MOVES: Final = tuple(sorted(key for key, said in MEANINGS.items() if said.kind is Kind.MOVE))
"""Keys of the events by which a handoff changes hands or state."""
ENDS: Final = tuple(
    made.key
    for made in (
        referral.HandoffRejected,
        referral.HandoffCompleted,
        referral.HandoffFailed,
        referral.HandoffCancelled,
        referral.HandoffExpired,
        referral.HandoffEnteredInError,
    )
)
"""After these a handoff waits for nothing."""
PERIOD: Final = timedelta(days=28)
"""How far back is looked where nobody says."""
LONGEST: Final = timedelta(days=366)
"""No longer period is asked about at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which moves count."""

    since: datetime
    until: datetime
    """Moves before this moment; what followed them counts whenever it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """How long handoffs waited after one step at one service."""

    service: UUID
    recipient: UUID
    action: str
    """The step after which they waited."""
    moved: int
    """How many went on."""
    half: timedelta | None
    """Within which half of those went on."""
    most: timedelta | None
    """Within which nine of ten did."""
    standing: int
    """How many have stood still for `PAUSE` or longer, and stand still now."""
    longest: timedelta | None
    """How long the one among them has that has longest."""

    @property
    def after(self) -> str:
        """The step in words."""
        return MEANINGS[self.action].title
