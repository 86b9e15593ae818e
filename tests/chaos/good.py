"""What a request is that a service takes, and who sends them."""

from dataclasses import dataclass
from typing import Any

from onward.identity import Actor, Role
from tests.chaos import town
from tests.chaos.together import system

KEEPER = system(town.RESPONSE)
ADVISER = system(town.ADVISERS)
AUDITOR = Actor(principal="worker:auditor", organisation=town.STRANGERS, role=Role.AUDITOR)
COLLEAGUE = Actor(principal="worker:day", organisation=town.RESPONSE, role=Role.CASEWORKER)
STRANGER = Actor(principal="worker:night", organisation=town.STRANGERS, role=Role.CASEWORKER)
FORM = "application/x-www-form-urlencoded"
Route = tuple[str, str, str]
"""Service, method and path template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A request that is taken."""

    actor: Actor | None
    path: str
    json: dict[str, Any] | None = None
    form: dict[str, str] | None = None
    version: int | None = None
    """Set where If-Match is asked for."""
    may_be_empty: bool = False
    """Whether no body means an empty object."""
    largest: int = 256 * 1024
    """Bytes that a body may have."""


V1 = "/api/v1"
D, R, N, A = "directory", "referral", "notification", "audit"
