"""Keep order: how far each line of events has been handled here.

A line is (source, stream, subject). Its events are numbered 1, 2, 3, … by the producer's outbox; the next
one to handle is always the last one handled plus one.
"""

from uuid import UUID

import sqlalchemy as sa

Line = tuple[str, str, UUID]

_POSITION = sa.text(
    """
    SELECT last FROM inbox_lines
    WHERE source = :source AND stream = :stream AND subject = :subject
    FOR UPDATE
    """
)
_ADVANCE = sa.text(
    """
    INSERT INTO inbox_lines (source, stream, subject, last)
    VALUES (:source, :stream, :subject, :last)
    ON CONFLICT (source, stream, subject) DO UPDATE SET last = excluded.last
    """
)


def position(connection: sa.Connection, line: Line) -> int:
    """Return, and lock until commit, the last number handled in *line*; 0 where none was."""
    source, stream, subject = line
    parameters = {"source": source, "stream": stream, "subject": subject}
    return connection.execute(_POSITION, parameters).scalar() or 0


def advance(connection: sa.Connection, line: Line, last: int) -> None:
    """Remember the last number handled in *line*."""
    source, stream, subject = line
    parameters = {"source": source, "stream": stream, "subject": subject, "last": last}
    connection.execute(_ADVANCE, parameters)
