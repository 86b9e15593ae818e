"""A worker's session in a browser: how long it lives, and how services learn that it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import tables
from onward.contracts.directory import SessionEnded
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.identity import Actor

ABSOLUTE: Final = timedelta(hours=12)
"""Longest life of a session, however busy (NIST SP 800-63B, AAL2)."""
IDLE: Final = timedelta(minutes=15)
"""Life of a session without a request."""
RENEW: Final = timedelta(minutes=1)
"""A cookie older than this is written anew, so that idle time counts from the last request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Another organisation's team that somebody sits in."""

    host: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in of one worker."""

    id: UUID
    actor: Actor
    started_at: datetime
    seen_at: datetime
    label: str | None
    """What the header shows to the worker; it travels in their own cookie only."""
    team: Team | None = None
    """In whose team they have chosen to act, where a service lets them; it looks at each request."""

    @property
    def expires_at(self) -> datetime:
        """When it is over unless another request comes."""
        return min(self.seen_at + IDLE, self.started_at + ABSOLUTE)

    @property
    def ends_at(self) -> datetime:
        """When it is over at the latest."""
        return self.started_at + ABSOLUTE

    def seen(self, at: datetime) -> "Session":
        """Return the session as it is after a request at *at*."""
        return replace(self, seen_at=at)

    def within(self, team: Team | None) -> "Session":
        """Return the session as it goes on in *team*, or for one's own organisation again."""
        return replace(self, team=team)


def begin_session(actor: Actor, *, at: datetime, label: str | None = None) -> Session:
    """Return a new session of *actor*, who has just proved who they are."""
    started = at.replace(microsecond=0)
    return Session(id=uuid4(), actor=actor, started_at=started, seen_at=started, label=label)


def is_ended(connection: sa.Connection, session_id: UUID) -> bool:
    """Tell whether somebody ended this session before its cookie expired."""
    found = sa.select(tables.ended_sessions.c.session_id).filter_by(session_id=session_id)
    return connection.execute(found).first() is not None


def remember_ended_session(
    connection: sa.Connection, session_id: UUID, *, expires_at: datetime
) -> None:
    """Refuse the session's cookie from this commit on; for the service that ends it."""
    _remember(connection, [{"session_id": session_id, "expires_at": expires_at}])


def remember_ended_sessions(uow: UnitOfWork[Any], envelopes: Sequence[Envelope]) -> None:
    """Handle `SessionEnded`: refuse those sessions' cookies here too."""
    rows = [
        {"session_id": event.session_id, "expires_at": event.expires_at}
        for envelope in envelopes
        if isinstance(event := envelope.event, SessionEnded)
    ]
    _remember(uow.connection, rows)


def _remember(connection: sa.Connection, rows: list[dict[str, object]]) -> None:
    if rows:
        insert = pg.insert(tables.ended_sessions).values(rows).on_conflict_do_nothing()
        connection.execute(insert)
