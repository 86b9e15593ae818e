"""A referral: one person's need as its sender recorded it, for one recipient after another."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from onward.errors import ConflictError
from services.referral.domain.handoff import Handoff, Intent, Urgency
from services.referral.domain.moves import Status
from services.referral.domain.pack import Consent


class Standing(StrEnum):
    """Where a referral stands, seen from its sender."""

    DRAFT = "draft"
    ACTIVE = "active"
    """Somebody was asked; after a declined, expired or failed handoff it can be routed again."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered_in_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """What the sender recorded; belongs to the sender."""

    id: UUID
    sender: UUID
    person_id: UUID
    standing: Standing = Standing.DRAFT
    version: int = 1
    intent: Intent
    urgency: Urgency
    needs: tuple[str, ...] = ()
    purpose: str
    lawful_basis: str | None
    consent: Consent = field(default_factory=lambda: Consent(given=False))
    based_on: UUID | None = None
    created_at: datetime
    created_by: str


_STANDING = {
    Status.DRAFT: Standing.DRAFT,
    Status.CANCELLED: Standing.CANCELLED,
    Status.COMPLETED: Standing.COMPLETED,
    Status.ENTERED_IN_ERROR: Standing.ENTERED_IN_ERROR,
}


def standing_after(newest: Status) -> Standing:
    """Return where a referral stands whose newest handoff stands at *newest*."""
    return _STANDING.get(newest, Standing.ACTIVE)


def require_routable(referral: Referral, newest: Handoff | None) -> None:
    """Raise `ConflictError` unless it may be sent now.

    Codes: ``handoff-open``, ``handed-over``, ``referral-closed``.
    """
    if newest is not None and newest.is_open:
        raise ConflictError(
            "handoff-open",
            "Somebody has been asked already: wait for their answer, or cancel it first.",
        )
    if newest is not None and newest.is_handed_over:
        raise ConflictError(
            "handed-over",
            "The person was transferred: whoever took them over hands them on. If they have come back to"
            " you, make a new referral.",
        )
    if referral.standing in {Standing.COMPLETED, Standing.ENTERED_IN_ERROR}:
        raise ConflictError(
            "referral-closed",
            "This referral is closed: make a new one that is based on it.",
        )
