"""What the two sides of a handoff say to each other, and what one side notes for itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from onward.errors import ConflictError
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Status
from services.referral.domain.pack import CLOSED


class Visibility(StrEnum):
    """Who reads it."""

    BOTH = "both"
    """The sender and the recipient of the handoff."""
    OWN = "own"
    """Only the organisation of whoever wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something written about a handoff, in people's own words."""

    id: UUID
    handoff_id: UUID
    referral_id: UUID
    organisation: UUID
    """Whoever wrote it acted for this one."""
    principal: str
    visibility: Visibility
    text: str
    at: datetime


def require_sayable(handoff: Handoff, visibility: Visibility) -> None:
    """Raise `ConflictError` (``not-sent-yet``, ``conversation-closed``) unless somebody will read it.

    A note for one's own organisation is always possible.
    """
    if visibility is Visibility.OWN:
        return
    if handoff.status is Status.DRAFT:
        raise ConflictError(
            "not-sent-yet", "Nobody has been asked yet: send the draft first, or keep a note."
        )
    if handoff.status in CLOSED:
        raise ConflictError(
            "conversation-closed",
            "The other side's part has ended, so nobody would read this: keep a note instead.",
        )
