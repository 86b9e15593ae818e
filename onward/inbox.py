"""Take events over from the broker: each handled once, in its line's order, a whole batch in one commit.

An event that cannot be handled does not stop the others: it moves to `onward.parking`, and so do later
events of its line, which wait behind it.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import sqlalchemy as sa
import structlog

from onward import crashpoints, lines, parking
from onward.codec import LARGEST, UndecodableError, decode
from onward.contracts.base import Event
from onward.database import ContendedError, Database, DatabaseAwayError, UnitOfWork
from onward.envelope import Envelope
from onward.rows import Statement
from onward.turns import Turns

S = TypeVar("S")
Handler = Callable[[UnitOfWork[S], Sequence[Envelope]], None]
Handlers = Mapping[type[Event], Handler[S]]

SUSPECT = 5
"""Given back this often, a message may be what ends its consumer: it is tried apart, and counted."""
CONTENTION_TRIES = 3

log = structlog.get_logger(__name__)

# One statement says of each event whether it was seen before and whether it is next in its line, and moves
# the lines on: if the handlers fail, all of it is undone with them. An event is next when the events before
# it, here and handled, leave no gap: its number less its place among the newer ones is the last one handled.
# Rows are locked in one order everywhere, so that two consumers cannot wait for each other.
_TAKE = Statement(
    """
    WITH arrived AS MATERIALIZED (SELECT * FROM {rows}),
    fresh AS (
        INSERT INTO inbox (event_id, key) SELECT id, key FROM arrived ORDER BY id
        ON CONFLICT DO NOTHING RETURNING event_id
    ),
    sorted AS MATERIALIZED (
        SELECT arrived.* FROM fresh JOIN arrived ON id = event_id ORDER BY source, stream, subject
    ),
    placed AS MATERIALIZED (
        SELECT id, source, stream, subject, sequence, coalesce(reached.last, 0) AS last
        FROM sorted LEFT JOIN LATERAL (
            SELECT last FROM inbox_lines line
            WHERE line.source = sorted.source AND line.stream = sorted.stream
              AND line.subject = sorted.subject
            FOR UPDATE
        ) reached ON true
    ),
    judged AS (
        SELECT *, sequence > last AND last = sequence - row_number() OVER (
            PARTITION BY source, stream, subject, sequence > last ORDER BY sequence) AS ready
        FROM placed
    ),
    moved AS (
        INSERT INTO inbox_lines AS line (source, stream, subject, last)
        SELECT source, stream, subject, max(sequence) FROM judged WHERE ready
        GROUP BY source, stream, subject ORDER BY source, stream, subject
        ON CONFLICT (source, stream, subject) DO UPDATE SET last = excluded.last
        RETURNING source, stream, subject, last, EXISTS (
            SELECT FROM parked
            WHERE parked.source = line.source AND parked.stream = line.stream
              AND parked.subject = line.subject
              AND parked.status IN ('waiting', 'retrying', 'parked')) AS followed
    )
    SELECT id, ready, sequence > coalesce(moved.last, judged.last), coalesce(followed, false)
    FROM judged LEFT JOIN moved USING (source, stream, subject)
    """,
    id="uuid",
    key="text",
    source="text",
    stream="text",
    subject="uuid",
    sequence="bigint",
)
_UNSEEN = sa.text("DELETE FROM inbox WHERE event_id = ANY(CAST(:ids AS uuid[]))")


_IN_ORDER: Final[set[Any]] = set()


def in_order(handler: Handler[S]) -> Handler[S]:
    """Let *handler* be given several events of one line at once: what they do, it does in their order."""
    _IN_ORDER.add(handler)
    return handler


def each(function: Callable[[UnitOfWork[S], Envelope], None]) -> Handler[S]:
    """Turn a function of one envelope into a handler of a batch."""

    @in_order
    @functools.wraps(function)
    def handle(uow: UnitOfWork[S], envelopes: Sequence[Envelope]) -> None:
        for envelope in envelopes:
            function(uow, envelope)

    return handle


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker delivered it."""

    body: bytes
    deliveries: int = 0
    """How often it was delivered before without being acknowledged, as counted by the broker."""


@dataclass(slots=True)
class _Batch:
    """Events of one batch, sorted by what can be done with them now."""

    ready: list[Envelope] = field(default_factory=list)
    early: list[Envelope] = field(default_factory=list)
    late: list[Envelope] = field(default_factory=list)
    followed: bool = False
    """Whether parked events stand in a line that moved on."""


class Inbox:
    """What one service does with the messages on its queue."""

    def __init__(self, database: Database[Any], handlers: Handlers[Any]) -> None:
        """Handle events by *handlers*; one under `Event` itself hears whatever has no other."""
        self.database = database
        self.handlers = handlers
        self._turns = Turns()
        self.handled = 0
        """Events handled by this process, for the metrics."""
        self._news: set[str] = set()

    def receive(self, arrivals: Sequence[Arrival]) -> None:
        """Take over *arrivals*: when this returns, each is handled, known already, or parked.

        Raises `DatabaseAwayError` when that could not be; trying the same arrivals again is safe.
        """
        crashpoints.reached("after-receive")
        envelopes = self._readable(arrivals)
        with self._turns.taken(envelopes):
            others_wait = bool(envelopes) and self._handle_all(envelopes)
        if others_wait or len(envelopes) < len(arrivals):
            self.carry_on()

    def take_news(self) -> set[str]:
        """Return what handlers have told since this was last asked: see `UnitOfWork.wake`."""
        news, self._news = self._news, set()
        return news

    def carry_on(self) -> None:
        """Handle parked events whose turn has come. Raises `DatabaseAwayError`."""
        self.handled += parking.release(self.database, self._dispatch)

    def _readable(self, arrivals: Sequence[Arrival]) -> list[Envelope]:
        envelopes = []
        for arrival in arrivals:
            try:
                envelope = _read(arrival)
            except UndecodableError as error:
                parking.park_unreadable(self.database, arrival.body, error)
                continue
            if arrival.deliveries < SUSPECT:
                envelopes.append(envelope)
            else:
                parking.set_apart(self.database, envelope)
        return envelopes

    def _handle_all(self, envelopes: Sequence[Envelope]) -> bool:
        """Handle *envelopes* in one transaction, or one by one where that fails.

        Tell whether parked events may be able to follow now.
        """
        try:
            return self._handle_together(envelopes)
        except DatabaseAwayError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the culprit is found one by one
            log.info("batch-replayed", events=len(envelopes), error=type(error).__name__)
            for envelope in envelopes:
                self._handle_alone(envelope)
            return True

    def _handle_together(self, envelopes: Sequence[Envelope]) -> bool:
        with self.database.transaction() as uow:
            batch = _sort(uow.connection, envelopes)
            crashpoints.reached("after-inbox")
            self._dispatch(uow, batch.ready)
            _set_aside(uow, batch)
        self.handled += len(batch.ready)
        return batch.followed or bool(batch.early or batch.late)

    def _handle_alone(self, envelope: Envelope) -> None:
        failure: Exception | None = None
        for _ in range(CONTENTION_TRIES):
            try:
                self._handle_together([envelope])
            except DatabaseAwayError:
                raise
            except ContendedError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - an unforeseen failure parks its event alone
                failure = error
                break
            else:
                return
        if failure:
            parking.park(self.database, envelope, failure)

    def _dispatch(self, uow: UnitOfWork[Any], ready: Sequence[Envelope]) -> None:
        """Hand events to their handlers, each line in its order."""
        for round_ in _rounds(ready, self._handler):
            for handler, envelopes in round_.items():
                handler(uow, envelopes)
        self._news |= uow.woken

    def _handler(self, event: type[Event]) -> Handler[Any] | None:
        return self.handlers.get(event) or self.handlers.get(Event)


def _read(arrival: Arrival) -> Envelope:
    if len(arrival.body) > LARGEST:
        raise UndecodableError("oversize")
    return decode(arrival.body)


def _sort(connection: sa.Connection, envelopes: Sequence[Envelope]) -> _Batch:
    """Record *envelopes* as seen and move their lines on; drop those that were seen before.

    Tell those that are next in their lines from those that came too early or too late. A concurrent
    delivery of the same event waits here for the other's commit, and is then seen.
    """
    by_id = {envelope.id: envelope for envelope in envelopes}
    judged = {
        id_: (ready, early, followed)
        for id_, ready, early, followed in _TAKE(connection, list(map(_row, by_id.values())))
    }
    batch = _Batch()
    for envelope in _in_line([one for id_, one in by_id.items() if id_ in judged]):
        ready, early, followed = judged[envelope.id]
        (batch.ready if ready else batch.early if early else batch.late).append(envelope)
        batch.followed |= followed
    return batch


def _in_line(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Return *envelopes* as they arrived, but those of each line in its order."""
    of_line: dict[lines.Line, list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        of_line[envelope.line].append(envelope)
    next_of = {
        line: iter(sorted(of, key=lambda envelope: envelope.sequence))
        for line, of in of_line.items()
    }
    return [next(next_of[envelope.line]) for envelope in envelopes]


def _set_aside(uow: UnitOfWork[Any], batch: _Batch) -> None:
    """Park what cannot be handled now; it is not seen before it is handled."""
    if aside := [*batch.early, *batch.late]:
        uow.connection.execute(_UNSEEN, {"ids": [str(envelope.id) for envelope in aside]})
        parking.wait(uow.connection, batch.early, uow.now)
        parking.keep_late(uow.connection, batch.late)


def _row(envelope: Envelope) -> dict[str, Any]:
    source, stream, subject = envelope.line
    return {
        "id": envelope.id,
        "key": envelope.event.key,
        "source": source,
        "stream": stream,
        "subject": subject,
        "sequence": envelope.sequence,
    }


def _rounds(
    ready: Sequence[Envelope], handler_of: Callable[[type[Event]], Handler[Any] | None]
) -> Sequence[Mapping[Handler[Any], Sequence[Envelope]]]:
    """Sort *ready*, each line in its order, into rounds by handler: what follows waits for the next round.

    Unless it has the same handler, and that minds the order itself.
    """
    rounds: list[dict[Handler[Any], list[Envelope]]] = []
    reached: dict[lines.Line, tuple[int, Handler[Any]]] = {}
    for envelope in ready:
        handler = handler_of(type(envelope.event))
        if handler is None:
            continue
        number, before = reached.get(envelope.line, (-1, None))
        if handler is not before or handler not in _IN_ORDER:
            number += 1
        reached[envelope.line] = number, handler
        rounds += [{} for _ in range(number + 1 - len(rounds))]
        rounds[number].setdefault(handler, []).append(envelope)
    return rounds
