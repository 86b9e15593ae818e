"""What Onward answers, as far as most programs need it; `raw` holds the rest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """One service's part in a referral."""

    id: UUID
    referral_id: UUID
    service_id: UUID
    status: str
    version: int
    """The one to decide on."""
    raw: dict[str, Any]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Return what the API *said*."""
        return cls(
            id=UUID(said["id"]),
            referral_id=UUID(said["referral_id"]),
            service_id=UUID(said["service_id"]),
            status=said["status"],
            version=said["version"],
            raw=said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A referral that was handed in."""

    referral_id: UUID
    person_id: UUID
    handoff: Handoff | None
    """None of a draft, which is not sent yet."""
    raw: dict[str, Any]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Return what the API *said*."""
        handoff = said.get("handoff")
        return cls(
            referral_id=UUID(said["referral"]["id"]),
            person_id=UUID(said["referral"]["person_id"]),
            handoff=Handoff.of(handoff) if handoff else None,
            raw=said,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing that the organisation was told."""

    id: UUID
    template: str
    """Stable code of what is said."""
    urgency: str
    text: str
    referral_id: UUID | None
    handoff_id: UUID | None
    occurred_at: datetime
    read: bool
    raw: dict[str, Any]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Return what the API *said*."""
        return cls(
            id=UUID(said["id"]),
            template=said["template"],
            urgency=said["urgency"],
            text=said["text"],
            referral_id=_id(said["referral_id"]),
            handoff_id=_id(said["handoff_id"]),
            occurred_at=datetime.fromisoformat(said["occurred_at"]),
            read=said["read"],
            raw=said,
        )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
