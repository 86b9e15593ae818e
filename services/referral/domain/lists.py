"""A list of people on its way to one service: whose it is, how far it is, what became of each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onward.errors import FieldError
from onward.identity import Actor, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one line; holds nothing of what the line said."""

    number: int
    """As an editor counts; the heading is 1."""
    referral_id: UUID | None = None
    """None where it was not sent."""
    code: str | None = None
    """Why not; None where it was sent, or can be."""
    detail: str | None = None
    errors: Sequence[FieldError] = ()

    @property
    def is_good(self) -> bool:
        """Whether it was sent, or can be."""
        return self.code is None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A list that somebody has handed in to be sent, without what stands in it."""

    id: UUID
    principal: str
    employer: UUID
    """For whom the worker works."""
    organisation: UUID
    """In whose name it is sent: their own, or that of the team they sit in."""
    role: Role
    service_id: UUID
    total: int
    """Lines in it."""
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Who handed it in, and in whose name it is sent."""
        return Actor(principal=self.principal, organisation=self.employer, role=self.role)

    @property
    def team(self) -> UUID | None:
        """The host in whose team the worker sits, if it is not their own organisation."""
        return self.organisation if self.organisation != self.employer else None
