"""A sandbox: two made-up organisations between which a partner tries its systems out, and its own time."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from onward.contracts.directory import SandboxClosed, SandboxTimePassed
from onward.errors import ConflictError
from services.directory.domain.agreements import Agreement
from services.directory.domain.facts import Need
from services.directory.domain.organisations import Organisation, OrganisationKind
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Limits, Service, ServiceStatus

MOST_AT_ONCE: Final = 24 * 366
"""Hours that may pass at once."""
MOST: Final = 24 * 366 * 10
"""Hours that may pass in all."""
MOST_SANDBOXES: Final = 5
"""Of one organisation."""
SECTIONS: Final = ("identity", "contact", "housing", "support", "risk")
"""Of the handoff pack; enough to see what is disclosed, and what is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Where a partner tries its systems out."""

    id: UUID
    owner: UUID
    """The real organisation that it was opened for."""
    opened_at: datetime
    organisations: tuple[UUID, ...]
    """Those made up for it: one that refers, one that is referred to."""
    hours_passed: int = 0
    """By how much what was to come has come nearer so far."""
    closed_at: datetime | None = None

    def let_pass(self, hours: int) -> "Sandbox":
        """Let time pass. Raises `ConflictError` (``sandbox-closed``, ``sandbox-too-old``)."""
        if self.closed_at is not None:
            raise ConflictError(
                "sandbox-closed", "This sandbox was closed: have a new one opened."
            )
        if self.hours_passed + hours > MOST:
            raise ConflictError(
                "sandbox-too-old", "Ten years have passed in this sandbox: have a new one opened."
            )
        return replace(self, hours_passed=self.hours_passed + hours)

    def closed(self) -> SandboxClosed:
        """Return what the other services are told when it is closed."""
        return SandboxClosed(sandbox_id=self.id, organisations=self.organisations)

    def told(self, hours: int) -> SandboxTimePassed:
        """Return what the other services are told when time passes."""
        return SandboxTimePassed(sandbox_id=self.id, organisations=self.organisations, hours=hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of a sandbox's two organisations."""

    organisation: Organisation
    services: tuple[Service, ...] = ()


def sides(owner: Organisation, ids: tuple[UUID, UUID, UUID, UUID]) -> tuple[Side, Side]:
    """Return who refers and who is referred to; *ids* of both, and of the two services."""
    refers, receives, house, advice = ids
    name = f"{owner.name} (sandbox)"
    other = Organisation(
        id=receives, name="Example House (sandbox)", kind=OrganisationKind.CHARITY
    )
    return (
        Side(organisation=Organisation(id=refers, name=name, kind=owner.kind)),
        Side(organisation=other, services=(_house(house, receives), _advice(advice, receives))),
    )


def agreement(id_: UUID, giver: UUID, taker: UUID, *, on: date) -> Agreement:
    """Return what lets *giver* share everything its tries need with *taker*."""
    return Agreement(
        id=id_,
        from_organisation=giver,
        to_organisation=taker,
        purposes=("direct-care",),
        sections=SECTIONS,
        lawful_basis="direct-care",
        valid_from=on,
    )


def _house(id_: UUID, by: UUID) -> Service:
    """Return a service with one bed, so that a second referral waits."""
    return Service(
        id=id_,
        name="Step-down house (sandbox)",
        summary="One bed for two weeks. Made up, to try systems out with.",
        status=ServiceStatus.ACTIVE,
        recipient=by,
        providers=(by,),
        capacity_kind=CapacityKind.BED,
        limits=Limits(maximum_stay_days=14, review_day=10),
        asks_for=SECTIONS,
        needs=(Need.HOUSING,),
    )


def _advice(id_: UUID, by: UUID) -> Service:
    """Return a service that takes whoever it accepts."""
    return Service(
        id=id_,
        name="Advice (sandbox)",
        summary="Six sessions with an adviser. Made up, to try systems out with.",
        status=ServiceStatus.ACTIVE,
        recipient=by,
        providers=(by,),
        capacity_kind=CapacityKind.SESSIONS,
        limits=Limits(sessions_per_person=6),
        asks_for=("identity", "contact"),
    )
