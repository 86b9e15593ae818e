"""Write events down in the transaction that makes them true; the relay sends them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward.codec import LARGEST, SEQUENCE_AT, encode
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

# Lines are locked in one order everywhere, so that two transactions cannot wait for each other. Nothing here
# needs an answer: what a line has reached is known here, and is written into each body. All lines are
# locked before the first position is given out, so that a line's events become visible in its order.
_TELL = Statement(
    f"""
    WITH told AS MATERIALIZED (SELECT * FROM {{rows}}),
    reached AS (
        INSERT INTO outbox_lines AS line (stream, subject, last)
        SELECT stream, subject, events FROM told
        WHERE events IS NOT NULL AND pg_notify('{CHANNEL}', news) IS NOT NULL
        ORDER BY stream, subject
        ON CONFLICT (stream, subject) DO UPDATE SET last = line.last + excluded.last
        RETURNING stream, subject, last
    )
    INSERT INTO outbox (id, stream, subject, sequence, key, body, correlation_id)
    SELECT id, stream, subject, last - follow, key,
           overlay(body PLACING convert_to(to_char(last - follow, 'FM0000000000'), 'UTF8')
                   FROM {SEQUENCE_AT + 1}),
           correlation_id
    FROM told JOIN reached USING (stream, subject) ORDER BY number
    """,  # noqa: S608 - our own name and number
    number="integer",
    id="uuid",
    stream="text",
    subject="uuid",
    events="bigint",
    follow="bigint",
    key="text",
    body="bytea",
    correlation_id="uuid",
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
) -> None:
    """Give *pending* their numbers within their lines, store them, and wake the relay on commit.

    The row lock on each line lasts until commit, so that a line's numbers commit in order.
    Raises `InvalidError` for an event that the broker would refuse: it would stop all behind it.
    """
    news = PROMPT if any(event.prompt for event, _ in pending) else ""
    counts = Counter((event.stream, event.subject) for event, _ in pending)
    follow = counts.copy()
    told = []
    for number, (event, origin) in enumerate(pending):
        line = (event.stream, event.subject)
        first = follow[line] == counts[line]
        follow[line] -= 1
        envelope = _unnumbered(source, event, origin, occurred_at)
        told.append(
            {
                "number": number,
                "id": envelope.id,
                "stream": event.stream,
                "subject": event.subject,
                "events": counts[line] if first else None,  # of this line, said by its first
                "follow": follow[line],
                "key": event.key,
                "body": _body(envelope),
                "correlation_id": envelope.correlation_id,
                "news": news,
            }
        )
    _TELL.later(connection, told)


def send_again(connection: sa.Connection, since: datetime) -> int:
    """Have the relay send once more what it sent after *since*; return how many events that is.

    For what a broker took and then lost: receivers drop what they have heard already.
    """
    return connection.execute(_AGAIN, {"since": since}).rowcount


def _unnumbered(source: str, event: Event, origin: Origin, occurred_at: datetime) -> Envelope:
    """Return *event* with all that is known of it before it has its number."""
    return Envelope(
        id=new_id(),
        source=source,
        sequence=0,
        occurred_at=occurred_at,
        correlation_id=origin.correlation_id,
        causation_id=origin.causation_id,
        actor=origin.actor,
        traceparent=origin.traceparent,
        event=event,
    )


def _body(envelope: Envelope) -> bytes:
    body = encode(envelope)
    if len(body) > LARGEST:
        raise InvalidError("event-too-large", f"An event holds {LARGEST} bytes at most: say less.")
    return body
