"""One transaction at a time: a service's store, the clock's moment, and the events it makes true."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg2
import sqlalchemy as sa
from psycopg2 import extras
from sqlalchemy import event as listeners

from onward import crashpoints, outbox
from onward.clock import Clock
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.errors import Retryable
from onward.identity import Actor
from onward.ids import new_id
from onward.outbox import Origin, Pending
from onward.planned import execute_planned
from onward.wire import READ_ONLY, Cursor, Wire

S = TypeVar("S")
SERIALISATION_CODES = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, lock not available: the same transaction may succeed next time."""
AWAY_CODES = ("08", READ_ONLY, "53", "57P")
"""Connection, read-only, out of resources, shutting down (PostgreSQL error codes, appendix A)."""


RESTED = 1.0
"""Seconds of rest after which the server is asked whether it is still there before a connection is used."""


class DatabaseAwayError(Retryable):
    """The database cannot be reached, or cannot write: wait for it, nothing is wrong with the message."""


class ContendedError(Retryable):
    """Two transactions stood in each other's way: the same work may succeed at once."""


class UnitOfWork(Generic[S]):
    """What a handler may touch inside its one transaction."""

    def __init__(
        self, *, source: str, connection: sa.Connection, store: S, now: datetime, origin: Origin
    ) -> None:
        """Gather events of service *source* until `flush`."""
        self.source = source
        self.connection = connection
        self.store = store
        self.now = now
        self.origin = origin
        self.woken: set[str] = set()
        """What follows that need not wait for the next look by the clock: see `Tick.woken`."""
        self._pending: list[Pending] = []

    @property
    def actor(self) -> Actor:
        """Who asked for this transaction; for a heard event, look at its envelope instead."""
        return self.origin.actor

    def emit(
        self, event: Event, cause: Envelope | None = None, *, story: UUID | None = None
    ) -> None:
        """Tell *event* once this transaction commits; *cause* is the event it follows from, if one.

        *story* is the correlation id it is told under, where the transaction serves several stories.
        """
        origin = Origin.after(cause) if cause else self.origin
        self._pending.append((event, replace(origin, correlation_id=story) if story else origin))

    def wake(self, news: Collection[str]) -> None:
        """Have the ticks woken by such *news* run once this transaction commits, where it hears events."""
        self.woken.update(news)

    def flush(self) -> None:
        """Write the gathered events to the outbox."""
        if self._pending:
            outbox.write(self.connection, self.source, self._pending, self.now)
            self._pending.clear()


class Database(Generic[S]):
    """A service's own database, and the only way into it."""

    def __init__(
        self, *, source: str, engine: sa.Engine, store: Callable[[sa.Connection], S], clock: Clock
    ) -> None:
        """Open transactions of service *source* on *engine*; *store* wraps each connection."""
        self.source = source
        self.engine = engine
        self.clock = clock
        self._store = store

    @contextmanager
    def transaction(
        self,
        *,
        actor: Actor | None = None,
        correlation_id: UUID | None = None,
        traceparent: str | None = None,
    ) -> Iterator[UnitOfWork[S]]:
        """Commit state and events together at the end of the block; change nothing if it raises.

        Raises `DatabaseAwayError` or `ContendedError` where PostgreSQL was the cause.
        """
        origin = Origin(
            actor=actor or Actor.service(self.source),
            correlation_id=correlation_id or new_id(),
            traceparent=traceparent,
        )
        with explained(), self.engine.begin() as connection:
            uow = UnitOfWork(
                source=self.source,
                connection=connection,
                store=self._store(connection),
                now=self.clock.now(),
                origin=origin,
            )
            yield uow
            uow.flush()
            changed = crashpoints.WANTED and _changed(connection)
            crashpoints.reached("before-commit", when=changed)
        crashpoints.reached("after-commit", when=changed)


@contextmanager
def explained() -> Iterator[None]:
    """Turn PostgreSQL's own troubles into `DatabaseAwayError` and `ContendedError`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        code = getattr(error.orig, "pgcode", None) or ""
        if code in SERIALISATION_CODES:
            raise ContendedError from error
        if error.connection_invalidated or _is_away(error, code):
            raise DatabaseAwayError from error
        raise
    except (sa.exc.TimeoutError, TimeoutError, psycopg2.InterfaceError) as error:
        raise DatabaseAwayError from error


def _is_away(error: sa.exc.DBAPIError, code: str) -> bool:
    if code:
        return code.startswith(AWAY_CODES)
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def _changed(connection: sa.Connection) -> bool:
    """Tell whether this transaction changed anything: a rehearsal does not mean the looks by the clock."""
    return connection.scalar(sa.func.pg_current_xact_id_if_assigned()) is not None


def _know_uuids(raw: Any, _record: object) -> None:
    extras.register_uuid(conn_or_curs=raw)  # type: ignore[no-untyped-call]


def _begin_rest(_raw: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _try(dialect: sa.Dialect, raw: Any, record: Any, _proxy: object) -> None:
    """Have the pool replace a connection that broke while nobody used it."""
    try:
        for _ in range(2):
            raw.poll()  # costs no round trip: first reads the server's farewell, then sees that it left
        if time.monotonic() - record.info.get("rests_since", 0) > RESTED:
            dialect.do_ping(raw)
    except psycopg2.Error:
        raise sa.exc.DisconnectionError from None


def _leave_replica(context: sa.ExceptionContext) -> None:
    """Give up every connection to a server that became a replica: they would stay read-only for ever."""
    if getattr(context.original_exception, "pgcode", None) == READ_ONLY:
        context.is_disconnect = True


def connect(url: str, *, name: str, pool_size: int = 16) -> sa.Engine:
    """Return an engine on *url* (``postgresql+psycopg2://…``) that shows up as *name* in the server.

    Connections are kept once opened, since a new one has to plan every statement. They are tried before
    use, give up connecting after 3 s, waiting for a lock after 5 s and a statement after 30 s, so that no
    request or handler hangs on a database in trouble.
    """
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_use_lifo=True,
        hide_parameters=True,
        executemany_mode="values_plus_batch",
        connect_args={
            "connection_factory": Wire,
            "cursor_factory": Cursor,
            "connect_timeout": 3,
            "application_name": name,
            "options": "-c lock_timeout=5000 -c statement_timeout=30000 -c timezone=UTC"
            " -c idle_in_transaction_session_timeout=60000"
            # What is planned once stays so: left to itself it plans anew each time what takes a list.
            " -c plan_cache_mode=force_generic_plan"
            # What a request asks is short: helpers for it, or machine code, cost more than they save.
            " -c max_parallel_workers_per_gather=0 -c jit=off"
            # Nor is a page anywhere dear: taken for a disk's, a few by an index seem to cost the whole table.
            " -c random_page_cost=1.1",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    listeners.listen(engine, "connect", _know_uuids)
    listeners.listen(engine, "do_execute", execute_planned)
    listeners.listen(engine, "handle_error", _leave_replica)
    listeners.listen(engine, "checkin", _begin_rest)
    listeners.listen(engine, "checkout", partial(_try, engine.dialect))
    return engine
