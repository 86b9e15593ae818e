"""A handoff: what a sender asks of a recipient for one person, and where that stands."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.contracts.referral import HandoffEvent
from services.referral.domain.moves import (
    OPEN,
    TAKEN_ON,
    TERMINAL,
    Action,
    Party,
    Status,
    moves_from,
)
from services.referral.domain.timing import Due, Policy, next_due

_COUNTED: Final = frozenset({Status.REQUESTED, Status.ACKNOWLEDGED})
"""Statuses in which what is due next may count in working hours alone."""


class Intent(StrEnum):
    """What handing over means here."""

    REFERRAL = "referral"
    """Both keep a part."""
    TRANSFER = "transfer"
    """Ownership moves."""
    ONWARD = "onward"
    """It follows from another referral."""
    SELF_REFERRAL = "self-referral"
    DUTY_TO_REFER = "duty-to-refer"
    """Housing Act 1996, section 213B: public authorities in England."""


class Urgency(StrEnum):
    """How soon, as the sender sees it."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """Return 1 for the most urgent band."""
        return _RANKS[self]


_RANKS: Final = {Urgency.EMERGENCY: 1, Urgency.URGENT: 2, Urgency.ROUTINE: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """One request to one recipient. Changed only by `services.referral.domain.deciding`."""

    id: UUID
    referral_id: UUID
    number: int = 1
    """1 for the first recipient asked, 2 for the next one after a refusal, …"""
    person_id: UUID
    service_id: UUID
    sender: UUID
    recipient: UUID
    status: Status = Status.DRAFT
    version: int = 1
    intent: Intent
    urgency: Urgency
    needs: tuple[str, ...] = ()
    purpose: str
    lawful_basis: str | None
    """None only while it is a draft."""
    agreement_id: UUID | None = None
    based_on: UUID | None = None
    policy: Policy
    due: Due = field(default_factory=Due)
    needs_place: bool = False
    """Whether the place ledger gives out this service's places; settled when it was accepted."""
    place_id: UUID | None = None
    created_at: datetime
    requested_at: datetime | None = None
    asked_at: datetime | None = None
    """When the question was asked that now lies with the sender."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    outcome: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status in OPEN

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.status in TERMINAL

    @property
    def next_due(self) -> datetime | None:
        """The next moment by which somebody has to do something."""
        return next_due(self.status, self.due)

    @property
    def counted_in(self) -> str:
        """Which hours its recipient's time to act counts: ``elapsed`` or ``working-hours``."""
        return self.policy.counted_in

    @property
    def waits_for_opening(self) -> bool:
        """Whether what is due next counts in the recipient's working hours alone."""
        return self.status in _COUNTED and self.policy.working_hours is not None

    @property
    def is_handed_over(self) -> bool:
        """Whether the person is the recipient's from now on: a transfer, once it has begun."""
        return (
            self.intent is Intent.TRANSFER
            and self.started_at is not None
            and self.status is not Status.ENTERED_IN_ERROR
        )

    @property
    def keepers(self) -> tuple[UUID, ...]:
        """Who keeps a part in the person now: both while the recipient has them, unless transferred."""
        if self.is_handed_over:
            return (self.recipient,)
        if self.status in TAKEN_ON and self.recipient != self.sender:
            return self.sender, self.recipient
        return (self.sender,)

    def parties(self, organisation: UUID | None) -> tuple[Party, ...]:
        """Return on whose sides *organisation* stands: both where it hands over to itself."""
        found = []
        if organisation == self.sender:
            found.append(Party.SENDER)
        if organisation == self.recipient and self.status is not Status.DRAFT:
            found.append(Party.RECIPIENT)
        return tuple(found)

    def told(self) -> dict[str, UUID]:
        """Return what every event about this handoff carries."""
        return {
            "referral_id": self.referral_id,
            "handoff_id": self.id,
            "service_id": self.service_id,
            "sender": self.sender,
            "recipient": self.recipient,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a rule made of a command: the handoff as it is now, and what to tell."""

    handoff: Handoff
    events: tuple[HandoffEvent, ...]


LEDGER_DECIDES: Final = frozenset(
    {
        (Status.ACCEPTED, Action.WAITLIST),
        (Status.ACCEPTED, Action.OFFER),
        (Status.ACCEPTED, Action.START),
        (Status.ACCEPTED, Action.HOLD),
        (Status.WAITLISTED, Action.OFFER),
        (Status.WAITLISTED, Action.START),
    }
)
"""What a recipient may not do by hand where the place ledger gives out the places."""


def allowed_actions(handoff: Handoff, *parties: Party) -> tuple[Action, ...]:
    """Return what *parties* may do now, in the order of `Action`."""
    possible = {action for party in parties for action in moves_from(handoff.status, party)}
    if handoff.is_handed_over and Party.RECIPIENT not in parties:
        possible -= {Action.CANCEL}  # whoever transferred somebody cannot take them back
    if handoff.needs_place and Party.PLATFORM not in parties:
        possible -= {action for status, action in LEDGER_DECIDES if status is handoff.status}
    return tuple(action for action in Action if action in possible)
