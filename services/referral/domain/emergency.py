"""Breaking the glass: reading what one was not told, for a stated reason, for an hour, and never unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from onward.languages import marked

LASTS: Final = timedelta(hours=1)
REASONS: Final[Mapping[str, str]] = {
    "life-at-risk": marked("Somebody's life or safety is at risk now"),
    "safeguarding": marked("An adult or a child has to be protected from harm"),
    "court-order": marked("A court has ordered it"),
}
"""Why somebody may read what they were not told (UK GDPR Articles 6(1)(c) to (e), 9(2)(c) and (g))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One worker's leave to read one referral; nobody else's, and not a minute longer."""

    id: UUID
    referral_id: UUID
    organisation: UUID
    principal: str
    reason: str
    opened_at: datetime
    ends_at: datetime

    def is_for(self, principal: str, organisation: UUID | None, at: datetime) -> bool:
        """Tell whether *principal* of *organisation* may read under it at *at*."""
        mine = (self.principal, self.organisation) == (principal, organisation)
        return mine and at < self.ends_at
