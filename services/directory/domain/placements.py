"""A placement: a worker of one organisation sits in another's team, for a time and not a minute longer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from onward.contracts.directory import PlacementPublished
from onward.errors import ConflictError
from services.directory.domain.checks import invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One worker in one team. The employer stays the one they work for."""

    id: UUID
    worker_id: UUID
    employer: UUID
    host: UUID
    """The organisation whose referrals the worker may work with meanwhile."""
    starts_at: datetime
    ends_at: datetime | None = None
    """The first moment at which it holds no more; open-ended without one."""
    version: int = 1

    def checked(self) -> "Placement":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if self.host == self.employer:
            raise invalid("/host", "The worker works there already: name another organisation.")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise invalid("/ends_at", "A placement ends after it starts: change one of the two.")
        return self

    def overlaps(self, other: "Placement") -> bool:
        """Tell whether both hold at some moment."""
        starts_before = other.ends_at is None or self.starts_at < other.ends_at
        ends_after = self.ends_at is None or other.starts_at < self.ends_at
        return starts_before and ends_after

    def require_room(self, others: Iterable["Placement"]) -> None:
        """Raise `ConflictError` ``placed-already`` when the worker is in that team at that time."""
        for other in others:
            if other.host == self.host and self.overlaps(other):
                raise ConflictError(
                    "placed-already",
                    "The worker is in that team for some of the time: end that placement first.",
                    placement=str(other.id),
                )

    def end(self, at: datetime | None, *, now: datetime) -> "Placement":
        """Let it end at a moment, or at once.

        Raises `ConflictError` ``already-ended``, or `InvalidError` for a moment out of its reach.
        """
        if self.ends_at is not None and self.ends_at <= now:
            raise ConflictError("already-ended", "This placement is over: make a new one.")
        until = max(now, self.starts_at) if at is None else at
        if until < now or until < self.starts_at:
            raise invalid("/ends_at", "A placement cannot end in the past: name a later moment.")
        if self.ends_at is not None and until > self.ends_at:
            raise invalid("/ends_at", "It ends before that: make a new placement to go on.")
        return replace(self, ends_at=until, version=self.version + 1)

    def published(self) -> PlacementPublished:
        """Return what the other services are told."""
        return PlacementPublished(
            placement_id=self.id,
            principal=f"worker:{self.worker_id}",
            employer=self.employer,
            host=self.host,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )
