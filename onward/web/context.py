"""What the request being answered knows: its service, its asker, its transaction, its journey."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import current_app, g, request

from onward.database import UnitOfWork
from onward.errors import UnauthenticatedError
from onward.identity import Actor
from onward.service import RunningService
from onward.web.allowance import Allowance
from onward.web.counts import RequestCounts
from onward.web.sessions import Session

EXTENSION = "onward"
TEAM = "Onward-Team"
"""Header in which an embedded worker names the organisation in whose team they act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """What every request of one application shares."""

    running: RunningService
    allowance: Allowance
    counts: RequestCounts
    admit: Callable[[], object]
    """Raises where the caller may not ask in the team they name; asked before an answer is given again."""


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


def current_team() -> str | None:
    """Return in whose team the caller says they act: this request's header, or their browser's choice."""
    caller = current_caller()
    chosen = caller.session.team if caller and caller.session else None
    return request.headers.get(TEAM, str(chosen.host) if chosen else None)


def current_uow() -> UnitOfWork[Any]:
    """Return the transaction that `onward.web.transactional` opened for this request."""
    return cast("UnitOfWork[Any]", g.uow)


def current_correlation_id() -> UUID:
    """Return the id that everything which follows from this request carries."""
    return cast("UUID", g.correlation_id)


def current_traceparent() -> str | None:
    """Return the caller's W3C trace context where it was well-formed."""
    return cast("str | None", g.get("traceparent"))
