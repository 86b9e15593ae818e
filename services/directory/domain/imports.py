"""An import that somebody handed in: what it is, how far it is, what became of each entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from onward.identity import Actor, Role
from services.directory.domain.organisations import OrganisationKind
from services.directory.domain.places import CapacityKind

RESULTS: Final = ("added", "changed", "unchanged", "refused")
"""What becomes of an entry."""


class Format(StrEnum):
    """How a file is written."""

    JSON = "json"
    CSV = "csv"


class State(StrEnum):
    """How an import stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    BROKEN = "broken"
    """The file cannot be read at all."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in {State.DONE, State.BROKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file on its way into the directory, without its content."""

    id: UUID
    principal: str
    organisation: UUID
    role: Role
    name: str
    """The file's, as it was sent."""
    format: Format
    organisation_kind: OrganisationKind | None = None
    service_kind: CapacityKind | None = None
    state: State = State.WAITING
    total: int | None = None
    """Entries in the file, once it was read."""
    problem: str | None = None
    """Why the file cannot be read, and where."""
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Who handed it in, and in whose name it is done."""
        return Actor(principal=self.principal, organisation=self.organisation, role=self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Why an entry was refused, with its place in the file."""

    line: int
    column: int
    pointer: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of the report."""

    number: int
    """Its place among the entries of the file, from 0."""
    kind: str
    entry_id: UUID | None
    name: str | None
    result: str
    changed: tuple[str, ...]
    """Fields that are different now."""
    mistakes: tuple[Mistake, ...]
    left_out: tuple[str, ...]
    """Members of the file that the directory cannot hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An import, and how many entries came to which result so far."""

    job: Import
    counts: Mapping[str, int]

    @property
    def done(self) -> int:
        """Entries that were dealt with."""
        return sum(self.counts.values())
