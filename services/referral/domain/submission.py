"""What a sender submits: somebody, a need, a service, a basis, and what there is to tell."""

from dataclasses import dataclass, field
from uuid import UUID

from services.referral.domain.handoff import Intent, Urgency
from services.referral.domain.pack import Consent, Sections
from services.referral.domain.person import Person
from services.referral.domain.routing import DIRECT_CARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A referral as it is submitted. Names a person in exactly one of three ways."""

    person: Person | None = None
    """Somebody new."""
    person_id: UUID | None = None
    """Somebody the sender has a record of."""
    based_on: UUID | None = None
    """A referral it follows from; without a person given it is about the same one."""
    advice_id: UUID | None = None
    """A question of the sender's that it follows from."""
    service_id: UUID
    intent: Intent = Intent.REFERRAL
    urgency: Urgency = Urgency.ROUTINE
    needs: tuple[str, ...] = ()
    purpose: str = DIRECT_CARE
    lawful_basis: str | None = None
    basis_note: str | None = None
    consent: Consent
    sections: Sections = field(default_factory=dict)
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What changes when a referral is sent again, or a draft at last; None leaves it as it was."""

    service_id: UUID | None = None
    urgency: Urgency | None = None
    needs: tuple[str, ...] | None = None
    lawful_basis: str | None = None
    consent: Consent | None = None
    sections: Sections = field(default_factory=dict)
