"""Keep order: how far each line of events has been handled here.

A line is (source, stream, subject). Its events are numbered 1, 2, 3, … by the producer's outbox; the next
one to handle is always the last one handled plus one.
"""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from onward.rows import Statement

Line = tuple[str, str, UUID]

_POSITION = sa.text(
    """
    SELECT last FROM inbox_lines
    WHERE source = :source AND stream = :stream AND subject = :subject
    FOR UPDATE
    """
)
_ADVANCE = Statement(
    """
    INSERT INTO inbox_lines AS line (source, stream, subject, last)
    SELECT source, stream, subject, last FROM {rows}
    ON CONFLICT (source, stream, subject) DO UPDATE SET last = excluded.last
    RETURNING EXISTS (
        SELECT FROM parked
        WHERE parked.source = line.source AND parked.stream = line.stream
          AND parked.subject = line.subject AND parked.status IN ('waiting', 'retrying', 'parked'))
    """,
    source="text",
    stream="text",
    subject="uuid",
    last="bigint",
)


def position(connection: sa.Connection, line: Line) -> int:
    """Return, and lock until commit, the last number handled in *line*; 0 where none was."""
    source, stream, subject = line
    parameters = {"source": source, "stream": stream, "subject": subject}
    return connection.execute(_POSITION, parameters).scalar() or 0


def advance(connection: sa.Connection, last: Mapping[Line, int]) -> bool:
    """Remember the last number handled in each line; tell whether parked events stand in any of them."""
    rows = [
        {"source": source, "stream": stream, "subject": subject, "last": last[line]}
        for line in sorted(last)
        for source, stream, subject in [line]
    ]
    return bool(rows) and any(_ADVANCE(connection, rows).scalars())
