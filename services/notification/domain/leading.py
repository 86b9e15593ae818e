"""Where whoever is told is led: to a page that their role may open."""

from collections.abc import Mapping
from typing import Final

from onward.identity import Role

INBOX: Final = "/notifications"
"""Open to everybody who signs in: there the notice itself stands."""
REFERRALS: Final = "/referrals/"
TRAILS: Final = "/audit/trails/"
READ_TRAILS: Final = frozenset({Role.AUDITOR, Role.OPERATOR})
"""Who finds there what they may know of a referral: not what it says, but what became of it."""
_REFER: Final = frozenset({Role.CASEWORKER, Role.TEAM_LEAD})
_OPENED_BY: Final[Mapping[str, frozenset[Role]]] = {
    REFERRALS: _REFER,
    "/advice/": _REFER,
    "/integrations": frozenset({Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR}),
}
"""Who may open the pages that begin so; every other page is told of to those alone who may open it."""


def leads_to(page: str, role: Role | None) -> str:
    """Return *page*, or what somebody in *role* may open in its place.

    A mailbox, of which nobody knows who reads it, and a system, whose people sign in themselves, are
    led to the page itself.
    """
    if role in {None, Role.PARTNER_SYSTEM}:
        return page
    closed = [
        first
        for first, roles in _OPENED_BY.items()
        if page.startswith(first) and role not in roles
    ]
    if not closed:
        return page
    if role in READ_TRAILS and page.startswith(REFERRALS):
        return TRAILS + page.removeprefix(REFERRALS)
    return INBOX
