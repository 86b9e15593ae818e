"""Take events over from the broker: each handled once, in its line's order, a whole batch in one commit.

An event that cannot be handled does not stop the others: it moves to `onward.parking`, and so do later
events of its line, which wait behind it.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog

from onward import crashpoints, lines, parking
from onward.codec import LARGEST, UndecodableError, decode
from onward.contracts.base import Event
from onward.database import ContendedError, Database, DatabaseAwayError, UnitOfWork
from onward.envelope import Envelope
from onward.rows import Statement

S = TypeVar("S")
Handler = Callable[[UnitOfWork[S], Sequence[Envelope]], None]
Handlers = Mapping[type[Event], Handler[S]]

SUSPECT = 5
"""Given back this often, a message may be what ends its consumer: it is tried apart, and counted."""
CONTENTION_TRIES = 3

log = structlog.get_logger(__name__)

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
    )
    SELECT id, coalesce(reached.last, 0) FROM sorted LEFT JOIN LATERAL (
        SELECT last FROM inbox_lines line
        WHERE line.source = sorted.source AND line.stream = sorted.stream
          AND line.subject = sorted.subject
        FOR UPDATE
    ) reached ON true
    """,
    id="uuid",
    key="text",
    source="text",
    stream="text",
    subject="uuid",
)
_UNSEEN = sa.text("DELETE FROM inbox WHERE event_id = ANY(CAST(:ids AS uuid[]))")


def each(function: Callable[[UnitOfWork[S], Envelope], None]) -> Handler[S]:
    """Turn a function of one envelope into a handler of a batch."""

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
    last: dict[lines.Line, int] = field(default_factory=dict)


class Inbox:
    """What one service does with the messages on its queue."""

    def __init__(self, database: Database[Any], handlers: Handlers[Any]) -> None:
        """Handle events by *handlers*; one under `Event` itself hears whatever has no other."""
        self.database = database
        self.handlers = handlers
        self.handled = 0
        """Events handled by this process, for the metrics."""

    def receive(self, arrivals: Sequence[Arrival]) -> None:
        """Take over *arrivals*: when this returns, each is handled, known already, or parked.

        Raises `DatabaseAwayError` when that could not be; trying the same arrivals again is safe.
        """
        crashpoints.reached("after-receive")
        envelopes = self._readable(arrivals)
        others_wait = bool(envelopes) and self._handle_all(envelopes)
        if others_wait or len(envelopes) < len(arrivals):
            self.carry_on()

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
            others_wait = lines.advance(uow.connection, batch.last)
            _set_aside(uow, batch)
        self.handled += len(batch.ready)
        return others_wait or bool(batch.early or batch.late)

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
        """Hand events to their handlers in rounds, one event per line and round: order holds."""
        for round_ in _rounds(ready):
            groups: dict[Handler[Any], list[Envelope]] = {}
            for envelope in round_:
                if handler := self._handler(type(envelope.event)):
                    groups.setdefault(handler, []).append(envelope)
            for handler, envelopes in groups.items():
                handler(uow, envelopes)

    def _handler(self, event: type[Event]) -> Handler[Any] | None:
        return self.handlers.get(event) or self.handlers.get(Event)


def _read(arrival: Arrival) -> Envelope:
    if len(arrival.body) > LARGEST:
        raise UndecodableError("oversize")
    return decode(arrival.body)


def _sort(connection: sa.Connection, envelopes: Sequence[Envelope]) -> _Batch:
    """Drop what was seen before; tell what is next in its line from what came too early or too late."""
    fresh, reached = _unseen(connection, envelopes)
    batch = _Batch()
    for envelope in _line_by_line(fresh):
        if envelope.sequence == reached[envelope.line] + 1:
            reached[envelope.line] = batch.last[envelope.line] = envelope.sequence
            batch.ready.append(envelope)
        elif envelope.sequence > reached[envelope.line]:
            batch.early.append(envelope)
        else:
            batch.late.append(envelope)
    return batch


def _line_by_line(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Return *envelopes* with each line in its order, and the lines in the order they arrived."""
    first: dict[lines.Line, int] = {}
    for place, envelope in enumerate(envelopes):
        first.setdefault(envelope.line, place)
    return sorted(envelopes, key=lambda envelope: (first[envelope.line], envelope.sequence))


def _set_aside(uow: UnitOfWork[Any], batch: _Batch) -> None:
    """Park what cannot be handled now; it is not seen before it is handled."""
    if aside := [*batch.early, *batch.late]:
        uow.connection.execute(_UNSEEN, {"ids": [str(envelope.id) for envelope in aside]})
        parking.wait(uow.connection, batch.early, uow.now)
        parking.keep_late(uow.connection, batch.late)


def _unseen(
    connection: sa.Connection, envelopes: Sequence[Envelope]
) -> tuple[list[Envelope], dict[lines.Line, int]]:
    """Record *envelopes* as seen; return those that were not before, in the order they arrived.

    Also return, and lock until commit, the last number handled in each of their lines. A concurrent
    delivery of the same event waits here for the other's commit, and is then seen.
    """
    by_id = {envelope.id: envelope for envelope in envelopes}
    taken = _TAKE(connection, [_row(envelope) for envelope in by_id.values()])
    last: dict[UUID, int] = dict(taken.all())
    fresh = [envelope for id_, envelope in by_id.items() if id_ in last]
    return fresh, {envelope.line: last[envelope.id] for envelope in fresh}


def _row(envelope: Envelope) -> dict[str, Any]:
    source, stream, subject = envelope.line
    return {
        "id": envelope.id,
        "key": envelope.event.key,
        "source": source,
        "stream": stream,
        "subject": subject,
    }


def _rounds(ready: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    rest = list(ready)
    while rest:
        taken: set[lines.Line] = set()
        round_: list[Envelope] = []
        later: list[Envelope] = []
        for envelope in rest:
            (later if envelope.line in taken else round_).append(envelope)
            taken.add(envelope.line)
        yield round_
        rest = later
