"""A programme's entry: what several services belong to, who leads it, who pays, whom it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from onward.contracts.directory import ProgrammePublished
from services.directory.domain import eligibility
from services.directory.domain.checks import invalid, require_website
from services.directory.domain.facts import (
    Area,
    Funder,
    Provenance,
    named_organisations,
    require_areas,
    require_began,
    require_funders,
    require_provenance,
)
from services.directory.domain.services import ServiceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One programme as the directory lists it."""

    id: UUID
    name: str
    summary: str
    status: ServiceStatus
    pilot: bool = False
    lead: UUID
    """The organisation that answers for it."""
    part_of: UUID | None = None
    """The larger programme it is a part of."""
    funders: tuple[Funder, ...] = ()
    areas: tuple[Area, ...] = ()
    eligibility: Mapping[str, Any] | None = None
    """Whom its services are for: the document that `domain.eligibility` reads."""
    began: str | None = None
    """A year, a month or a day: as exactly as it is known."""
    website: str | None = None
    provenance: Provenance = field(default_factory=Provenance)
    version: int = 1

    def checked(self) -> "Programme":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if self.part_of == self.id:
            raise invalid("/part_of", "A programme is no part of itself.")
        require_areas(self.areas)
        require_funders(self.funders)
        require_began(self.began)
        require_website(self.website)
        if self.eligibility is not None:
            eligibility.read(self.eligibility, pointer="/eligibility")
        require_provenance(self.provenance, self.stated())
        return self

    def named(self) -> dict[str, UUID]:
        """Return the organisations it names, by where it names them."""
        return {"/lead": self.lead, **named_organisations(funders=self.funders)}

    def next_version(self) -> "Programme":
        """Return it as the version after this one."""
        return replace(self, version=self.version + 1)

    def published(self) -> ProgrammePublished:
        """Return what the other services are told."""
        return ProgrammePublished(
            programme_id=self.id,
            name=self.name,
            status=self.status,
            lead=self.lead,
            part_of=self.part_of,
        )

    def stated(self) -> dict[str, bool]:
        """Return which facts the entry states, by the code under which they can be unknown."""
        return {
            "kind": True,
            "funders": bool(self.funders),
            "areas": bool(self.areas),
            "eligibility": self.eligibility is not None,
            "began": self.began is not None,
            "website": self.website is not None,
        }
