"""Accounts: the workers who sign in, and the partners' systems that ask for tokens."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onward.contracts.directory import AccountChanged
from onward.errors import ForbiddenError
from onward.identity import Actor, Role
from services.directory.domain.checks import invalid

_USERNAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")
WORKERS = frozenset(Role) - {Role.SERVICE, Role.PARTNER_SYSTEM, Role.PERSON}
"""Roles a person can have."""
LED = frozenset({Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR})
"""Roles a team lead can give, in their own organisation."""


def organisation_of(actor: Actor) -> UUID:
    """Return whom *actor* acts for. Raises `ForbiddenError` ``no-organisation``."""
    if actor.organisation is None:
        raise ForbiddenError("no-organisation", "This is for people who act for an organisation.")
    return actor.organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person who signs in to work for one organisation."""

    id: UUID
    organisation_id: UUID
    username: str
    display_name: str
    """What the page's header shows; it leaves the directory only in the worker's own cookie."""
    role: Role
    active: bool = True
    version: int = 1

    def checked(self) -> "Worker":
        """Return it unchanged. Raises `InvalidError` with what to change."""
        if not _USERNAME.fullmatch(self.username):
            raise invalid("/username", "Use small letters, digits, dots and hyphens, 64 at most.")
        if self.role not in WORKERS:
            raise invalid("/role", "Choose a role that a person can have.")
        return self

    @property
    def actor(self) -> Actor:
        """Who they are to every service."""
        return Actor(
            principal=f"worker:{self.id}", organisation=self.organisation_id, role=self.role
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSystem:
    """A partner's computer system that asks for access tokens."""

    client_id: str
    organisation_id: UUID
    name: str
    secret_hash: bytes | None = None
    """SHA-256 of its secret; None for one that signs with its own key."""
    jwks: str | None = None
    """Its public keys, as a JSON Web Key Set; None for one that has a secret."""
    active: bool = True

    @property
    def method(self) -> str:
        """How it proves itself, in the words of OpenID Connect."""
        return "private_key_jwt" if self.jwks else "client_secret_basic"

    @property
    def actor(self) -> Actor:
        """Who it is to every service."""
        return Actor(
            principal=f"system:{self.client_id}",
            organisation=self.organisation_id,
            role=Role.PARTNER_SYSTEM,
        )


OPENED, CHANGED, RENEWED, CLOSED = "opened", "changed", "renewed", "closed"


def changed(actor: Actor, organisation_id: UUID, change: str) -> AccountChanged:
    """Return what audit is told when the account of *actor* is opened or closed."""
    return AccountChanged(
        organisation_id=organisation_id,
        principal=actor.principal,
        role=actor.role,
        change=change,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One session of a worker, as far as it takes to end it."""

    session_id: UUID
    worker_id: UUID
    organisation_id: UUID
    ends_at: datetime


def require_may_manage(actor: Actor, organisation_id: UUID, role: Role) -> None:
    """Raise `ForbiddenError` unless *actor* may create or close an account with *role* there."""
    if actor.role is Role.OPERATOR:
        return
    if actor.organisation != organisation_id:
        raise ForbiddenError("other-organisation", "A team lead manages their own organisation.")
    if role not in LED:
        raise ForbiddenError("role-not-yours-to-give", "Only an operator can give this role.")


def require_may_edit(actor: Actor, organisations: frozenset[UUID]) -> None:
    """Raise `ForbiddenError` unless *actor* may edit an entry that *organisations* answer for."""
    if actor.role is not Role.OPERATOR and actor.organisation not in organisations:
        raise ForbiddenError(
            "other-organisation", "You can only change what your own organisation answers for."
        )


def require_provides(actor: Actor, keepers: Collection[UUID]) -> None:
    """Raise `ForbiddenError` unless *actor* works for an organisation that provides a service."""
    if actor.organisation not in keepers:
        raise ForbiddenError(
            "only-provider", "Only the organisations that provide it may do this."
        )
