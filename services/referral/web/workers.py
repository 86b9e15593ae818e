"""Who the referral service's pages are for."""

from typing import Final

from onward.identity import Role

WORKERS: Final = (Role.CASEWORKER, Role.TEAM_LEAD)
"""People who work with referrals; systems use the API."""
