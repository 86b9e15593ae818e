"""What the request being answered knows: its service, its asker, its transaction, its journey."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import current_app, g

from onward.database import UnitOfWork
from onward.errors import UnauthenticatedError
from onward.identity import Actor
from onward.service import RunningService
from onward.web.allowance import Allowance
from onward.web.counts import RequestCounts
from onward.web.sessions import Session

EXTENSION = "onward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """What every request of one application shares."""

    running: RunningService
    allowance: Allowance
    counts: RequestCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and how they proved it."""

    actor: Actor
    session: Session | None
    """Set for a browser; None for a system with an access token."""


def current_web() -> Web:
    """Return what the requests of this application share."""
    return cast("Web", current_app.extensions[EXTENSION])


def current_running() -> RunningService:
    """Return the service that answers."""
    return current_web().running


def current_caller() -> Caller | None:
    """Return who asks, or None when nobody has proved who they are."""
    return cast("Caller | None", g.get("caller"))


def current_actor() -> Actor:
    """Return who asks. Raises `UnauthenticatedError` on a public route nobody signed in for."""
    caller = current_caller()
    if caller is None:
        raise UnauthenticatedError("not-signed-in", "Sign in, or send an access token.")
    return caller.actor


def current_uow() -> UnitOfWork[Any]:
    """Return the transaction that `onward.web.transactional` opened for this request."""
    return cast("UnitOfWork[Any]", g.uow)


def current_correlation_id() -> UUID:
    """Return the id that everything which follows from this request carries."""
    return cast("UUID", g.correlation_id)


def current_traceparent() -> str | None:
    """Return the caller's W3C trace context where it was well-formed."""
    return cast("str | None", g.get("traceparent"))
