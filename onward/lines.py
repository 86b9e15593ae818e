"""Keep order: how far each line of events has been handled here.

A line is (source, stream, subject). Its events are numbered 1, 2, 3, … by the producer's outbox; the next
one to handle is always the last one handled plus one.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

Line = tuple[str, str, UUID]

_POSITIONS = sa.text(
    """
    SELECT line.source, line.stream, line.subject, line.last
    FROM unnest(CAST(:sources AS text[]), CAST(:streams AS text[]), CAST(:subjects AS uuid[]))
         AS wanted (source, stream, subject)
    JOIN inbox_lines line USING (source, stream, subject)
    ORDER BY 1, 2, 3
    FOR UPDATE OF line
    """
)
_ADVANCE = sa.text(
    """
    INSERT INTO inbox_lines (source, stream, subject, last)
    SELECT * FROM unnest(
        CAST(:sources AS text[]), CAST(:streams AS text[]), CAST(:subjects AS uuid[]),
        CAST(:lasts AS bigint[]))
    ON CONFLICT (source, stream, subject) DO UPDATE SET last = excluded.last
    """
)


def positions(connection: sa.Connection, lines: Iterable[Line]) -> dict[Line, int]:
    """Return, and lock until commit, the last number handled in each of *lines*; 0 where none was."""
    wanted = sorted(set(lines))
    found = connection.execute(_POSITIONS, _columns(wanted))
    reached = dict.fromkeys(wanted, 0)
    reached.update({(source, stream, subject): last for source, stream, subject, last in found})
    return reached


def advance(connection: sa.Connection, last: Mapping[Line, int]) -> None:
    """Remember the last number handled in each line."""
    if last:
        lines = sorted(last)
        connection.execute(_ADVANCE, _columns(lines) | {"lasts": [last[line] for line in lines]})


def _columns(lines: list[Line]) -> dict[str, list[str] | list[int]]:
    return {
        "sources": [source for source, _, _ in lines],
        "streams": [stream for _, stream, _ in lines],
        "subjects": [str(subject) for _, _, subject in lines],
    }
