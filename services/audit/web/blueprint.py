"""The audit service's API: where its routes hang, who may ask them, and who signs."""

from typing import Final

from onward.identity import Role
from onward.web import Blueprint, current_running
from services.audit.handlers.notary import Notary, notary_of

SEARCHERS: Final = (Role.AUDITOR, Role.OPERATOR)
READERS: Final = (*SEARCHERS, Role.TEAM_LEAD)
"""A team lead reads the trails of referrals that their organisation is party to."""

blp = Blueprint(
    "audit",
    __name__,
    url_prefix="/api/v1/audit",
    description="Evidence: who did what, who saw what, and the proof that nothing was changed",
)


def notary() -> Notary:
    """Return who signs here."""
    return notary_of(current_running())
