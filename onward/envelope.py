"""What travels around an event: identity, origin, order and causation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onward.contracts.base import Event
from onward.identity import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An event with everything a receiver needs to handle it once and in order."""

    id: UUID
    source: str
    """The service that published it."""
    sequence: int
    """1, 2, 3, … without gaps within (source, stream, subject)."""
    occurred_at: datetime
    correlation_id: UUID
    """One per journey: whatever follows from one request carries the same."""
    causation_id: UUID | None
    """The event that led to this one; None when a request did."""
    actor: Actor
    traceparent: str | None = None
    event: Event

    @property
    def subject(self) -> UUID:
        """The aggregate the event is about."""
        return self.event.subject

    @property
    def line(self) -> tuple[str, str, UUID]:
        """What order holds within: source, stream and subject."""
        return self.source, self.event.stream, self.event.subject
