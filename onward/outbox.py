"""Write events down in the transaction that makes them true; the relay sends them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward import rows, tables
from onward.codec import LARGEST, encode
from onward.contracts.base import Event
from onward.envelope import Envelope
from onward.errors import InvalidError
from onward.identity import Actor
from onward.ids import new_id
from onward.rows import Statement

CHANNEL = "onward_outbox"
"""Where a commit wakes the relay; losing a wake-up costs a second, never an event."""

PROMPT = "prompt"
"""What the wake-up says where somebody waits for one of the events."""

_NUMBER = Statement(
    f"""
    INSERT INTO outbox_lines AS line (stream, subject, last)
    SELECT stream, subject, count FROM {{rows}} WHERE pg_notify('{CHANNEL}', news) IS NOT NULL
    ON CONFLICT (stream, subject) DO UPDATE SET last = line.last + excluded.last
    RETURNING stream, subject, last
    """,  # noqa: S608 - our own name
    stream="text",
    subject="uuid",
    count="bigint",
    news="text",
)

_AGAIN = sa.text("UPDATE outbox SET sent_at = NULL WHERE sent_at > :since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """On whose behalf, and following from what, an event is told."""

    actor: Actor
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    @classmethod
    def after(cls, cause: Envelope) -> "Origin":
        """Return the origin of what follows from *cause*: same journey, same actor."""
        return cls(
            actor=cause.actor,
            correlation_id=cause.correlation_id,
            causation_id=cause.id,
            traceparent=cause.traceparent,
        )


Pending = tuple[Event, Origin]


def write(
    connection: sa.Connection, source: str, pending: Sequence[Pending], occurred_at: datetime
) -> list[Envelope]:
    """Give *pending* their numbers within their lines, store them, and wake the relay on commit.

    The row lock on each line lasts until commit, so that a line's numbers commit in order.
    Lines are locked in one order everywhere, so that two transactions cannot wait for each other.
    Raises `InvalidError` for an event that the broker would refuse: it would stop all behind it.
    """
    last = _number(connection, pending)
    remaining = Counter((event.stream, event.subject) for event, _ in pending)
    envelopes = []
    for event, origin in pending:
        line = (event.stream, event.subject)
        remaining[line] -= 1
        envelopes.append(
            Envelope(
                id=new_id(),
                source=source,
                sequence=last[line] - remaining[line],
                occurred_at=occurred_at,
                correlation_id=origin.correlation_id,
                causation_id=origin.causation_id,
                actor=origin.actor,
                traceparent=origin.traceparent,
                event=event,
            )
        )
    rows.insert(connection, tables.outbox, [_row(envelope) for envelope in envelopes])
    return envelopes


def send_again(connection: sa.Connection, since: datetime) -> int:
    """Have the relay send once more what it sent after *since*; return how many events that is.

    For what a broker took and then lost: receivers drop what they have heard already.
    """
    return connection.execute(_AGAIN, {"since": since}).rowcount


def _number(connection: sa.Connection, pending: Sequence[Pending]) -> dict[tuple[str, UUID], int]:
    counts = Counter((event.stream, event.subject) for event, _ in pending)
    news = PROMPT if any(event.prompt for event, _ in pending) else ""
    numbered = _NUMBER(
        connection,
        [
            {"stream": stream, "subject": subject, "count": counts[stream, subject], "news": news}
            for stream, subject in sorted(counts)
        ],
    )
    return {(stream, subject): last for stream, subject, last in numbered}


def _row(envelope: Envelope) -> dict[str, object]:
    body = encode(envelope)
    if len(body) > LARGEST:
        raise InvalidError("event-too-large", f"An event holds {LARGEST} bytes at most: say less.")
    return {
        "id": envelope.id,
        "stream": envelope.event.stream,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "key": envelope.event.key,
        "body": body,
        "correlation_id": envelope.correlation_id,
    }
