"""Send what the outbox holds: in order, confirmed by the broker, then marked as sent.

One relay per service is active; the others stand by for its advisory lock. A notification on commit wakes
it, and a look every second is the truth. What was sent is marked together, ten times a second. It can die
anywhere: at worst an event is sent twice, and receivers drop the second.
"""

import select
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2
import sqlalchemy as sa
import structlog

from onward import crashpoints, outbox
from onward.broker import BrokerAwayError, Outgoing, Publisher
from onward.pace import SENT, next_start, pause_after
from onward.settings import Settings

LOCK = 0x6F6E7761
"""Advisory lock that the active relay of a database holds."""
BATCH = 500
WATCH = 1.0
"""Seconds between two looks whether everybody who hears us still has the queue we told."""
CANCELLED = 1.0
"""Seconds until everybody who consumed from a deleted queue knows. Declared anew within milliseconds, it
keeps such a consumer, to whom it then delivers in vain (seen with RabbitMQ 3.10)."""
MARKED = 0.1
"""Seconds that what was sent waits for what is sent meanwhile, to be marked together: killed before that,
the relay sends it twice."""
PORTION = 20_000
"""Rows that one statement has sent again at most."""
LOOK = 1.0
"""Seconds after which an idle relay looks by itself: wake-ups may be lost, events may not."""

log = structlog.get_logger(__name__)

_UNSENT = """
    SELECT position, id::text, key, body FROM outbox
    WHERE sent_at IS NULL AND position <> ALL($1) ORDER BY position LIMIT $2
"""
_SENT = "UPDATE outbox SET sent_at = clock_timestamp() WHERE position = ANY($1)"
_PROBLEM = """
    UPDATE outbox SET attempts = attempts + 1, problem = 'unroutable' WHERE position = ANY(%s)
"""
_SPAN = """
    SELECT coalesce(min(position), 0), coalesce(max(position), -1) FROM outbox
    WHERE sent_at IS NOT NULL
"""
_AGAIN = """
    UPDATE outbox SET sent_at = NULL WHERE position BETWEEN %s AND %s AND sent_at IS NOT NULL
"""


class Relay:
    """The sender of one service's outbox."""

    def __init__(
        self,
        settings: Settings,
        stopping: Callable[[], bool],
        leaving: Callable[[], bool] = lambda: False,
        *,
        apart: float = SENT,
    ) -> None:
        """Run until *stopping* says so; once it is *leaving*, ask the broker nothing that can wait.

        Batches that are not full start *apart* seconds from each other.
        """
        url = sa.make_url(settings.database_url).set(drivername="postgresql")
        self._dsn = url.render_as_string(hide_password=False)
        self._publisher = Publisher(settings.amqp_uri)
        self._service = settings.service
        self._stopping = stopping
        self._leaving = leaving
        self._apart = apart
        self._failures = 0
        self._looked = -WATCH
        self._sent: list[int] = []
        """Positions of what the broker has confirmed and is not marked yet, in the order it was sent."""
        self._mark_at = 0.0
        """When it is time to."""

    def run(self) -> None:
        """Relay until told to stop, whatever happens to the broker or the database meanwhile."""
        while not self._stopping():
            try:
                self._session()
            except (psycopg2.Error, OSError, BrokerAwayError) as error:
                pause = pause_after(self._failures)
                self._failures += 1
                log.warning("relay-waits", error=type(error).__name__, seconds=pause)
                self._rest(pause)
        self._publisher.close()

    def _session(self) -> None:
        """Relay on one database connection until it fails or we are told to stop."""
        connection = psycopg2.connect(
            self._dsn,
            application_name=f"onward-{self._service}-relay",
            connect_timeout=3,
            options="-c statement_timeout=10000",
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                self._lead(cursor)
                self._looked = -WATCH
                self._sent.clear()
                cursor.execute(
                    f"PREPARE unsent (bigint[], int) AS {_UNSENT}; PREPARE sent (bigint[]) AS {_SENT}"
                )
                cursor.execute(f"LISTEN {outbox.CHANNEL}")
                try:
                    self._serve(connection, cursor)
                except BrokerAwayError:
                    self._mark(cursor)
                    raise
        finally:
            connection.close()

    def _serve(self, connection: Any, cursor: Any) -> None:
        """Send what there is whenever there is something, until told to stop."""
        while not self._stopping():
            connection.notifies.clear()
            begun = time.monotonic()
            if not self._send_some(cursor):
                earliest = next_start(begun, time.monotonic(), apart=self._apart)
                _await_commit(connection, self._patience())
                self._publisher.keep_alive()
                self._gather(connection, earliest)
        self._mark(cursor)

    def _lead(self, cursor: Any) -> None:
        """Wait until this relay is the active one; the lock lasts as long as the connection."""
        while not self._stopping():
            cursor.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
            if cursor.fetchone()[0]:
                return
            self._rest(1.0)

    def _send_some(self, cursor: Any) -> bool:
        """Send one batch; tell whether there may be more to send now."""
        if time.monotonic() - self._looked >= WATCH and not self._leaving():
            self._make_good(cursor)
        cursor.execute("EXECUTE unsent (%s, %s)", (self._sent, BATCH))
        rows = cursor.fetchall()
        if rows:
            crashpoints.reached("before-publish")
            unroutable = self._publisher.publish(
                [Outgoing(id=id_, key=key, body=bytes(body)) for _, id_, key, body in rows]
            )
            crashpoints.reached("after-publish")
            self._note(cursor, rows, unroutable)
        if len(self._sent) >= BATCH or time.monotonic() >= self._mark_at:
            self._mark(cursor)
        self._failures = 0
        return len(rows) == BATCH

    def _make_good(self, cursor: Any) -> None:
        """Send all that is kept once more if a queue was lost: receivers drop what they have heard."""
        if lost := self._publisher.lost(self._service):
            again = len(self._sent) + _send_again(cursor)
            self._sent.clear()
            if again:
                log.error("queue-lost", hearers=lost, events=again)
                self._rest(CANCELLED)
            for hearer in lost:
                self._publisher.tie(self._service, hearer)
        self._looked = time.monotonic()

    def _patience(self) -> float:
        """Return how many seconds nothing has to be done."""
        return max(0.0, min(LOOK, self._mark_at - time.monotonic())) if self._sent else LOOK

    def _mark(self, cursor: Any) -> None:
        if self._sent:
            cursor.execute("EXECUTE sent (%s)", (self._sent,))
            self._sent.clear()
            crashpoints.reached("after-mark-sent")

    def _gather(self, connection: Any, earliest: float) -> None:
        """Let events gather until it is *earliest*, or there is one that somebody waits for."""
        while not self._stopping() and (left := earliest - time.monotonic()) > 0:
            if any(wake_up.payload == outbox.PROMPT for wake_up in connection.notifies):
                return
            select.select([connection], [], [], min(0.1, left))
            connection.poll()

    def _note(self, cursor: Any, rows: Sequence[Any], unroutable: set[str]) -> None:
        """Remember what the broker has taken of *rows*; see to the rest."""
        if not self._sent:
            self._mark_at = time.monotonic() + MARKED
        self._sent += [position for position, id_, *_ in rows if id_ not in unroutable]
        if unroutable:
            log.error("events-unroutable", events=len(unroutable))
            cursor.execute(
                _PROBLEM, ([position for position, id_, *_ in rows if id_ in unroutable],)
            )
            # A queue is missing: with a new connection the topology is declared again.
            self._publisher.close()
            self._looked = -WATCH
            self._rest(1.0)

    def _rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping() and time.monotonic() < deadline:
            select.select([], [], [], min(0.1, seconds))


def _send_again(cursor: Any) -> int:
    """Have all that is kept sent once more, in portions that each take no time; return how many events."""
    cursor.execute(_SPAN)
    first, last = cursor.fetchone()
    again = 0
    for begun in range(first, last + 1, PORTION):
        cursor.execute(_AGAIN, (begun, begun + PORTION - 1))
        again += cursor.rowcount
    return again


def _await_commit(connection: Any, patience: float) -> None:
    """Wait until a commit wakes us, or for *patience* seconds.

    A wake-up that came while a batch was marked has been read already and makes nothing readable.
    """
    if not connection.notifies:
        select.select([connection], [], [], patience)
        connection.poll()
