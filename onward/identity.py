"""Who is acting: a worker, a partner's system, the person themself, or one of our services."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What somebody may do, before organisation and relationship are looked at."""

    CASEWORKER = "caseworker"
    TEAM_LEAD = "team_lead"
    EDITOR = "editor"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    PARTNER_SYSTEM = "partner_system"
    SERVICE = "service"
    PERSON = "person"
    """The one a referral is about, through their own page alone: no route is open to this role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts, as far as a decision or the audit log needs to know."""

    principal: str
    """``worker:<uuid>``, ``system:<client id>``, ``service:<name>`` or ``person:<uuid>``."""
    organisation: UUID | None
    """Whom they act for; None for the platform's own services."""
    role: Role

    @classmethod
    def service(cls, name: str) -> "Actor":
        """Return the platform's service *name* acting by itself, as timers do."""
        return cls(principal=f"service:{name}", organisation=None, role=Role.SERVICE)
