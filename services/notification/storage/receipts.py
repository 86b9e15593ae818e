"""Receipts: what became of what the other side of a handoff was told."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from services.notification.domain.messages import Receipt

_RECEIPTS = sa.text(
    """
    SELECT n.about, 'inbox' AS channel, n.template, n.organisation, o.name AS told, n.occurred_at,
           CASE WHEN r.read_at IS NOT NULL OR k.position IS NOT NULL THEN 'read'
                ELSE 'unread' END AS status,
           NULL AS code, r.read_at AS settled_at, n.event_id, false AS personal
    FROM notices n
    LEFT JOIN organisations o ON o.id = n.organisation
    LEFT JOIN LATERAL (
        SELECT min(read_at) AS read_at FROM reads WHERE position = n.position
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT position FROM read_marks
        WHERE organisation = n.organisation AND position >= n.position LIMIT 1
    ) k ON true
    WHERE n.handoff_id = :handoff AND n.counterpart = ANY(CAST(:readers AS uuid[]))
    UNION ALL
    SELECT m.about, m.channel, m.template, m.organisation, o.name, m.occurred_at, m.status, m.code,
           m.settled_at, m.event_id, m.principal IS NOT NULL
    FROM messages m LEFT JOIN organisations o ON o.id = m.organisation
    WHERE m.handoff_id = :handoff AND m.counterpart = ANY(CAST(:readers AS uuid[]))
    ORDER BY occurred_at, event_id, channel, status, settled_at
    LIMIT :limit
    """
)


class Receipts:
    """What the other side of a handoff was told, and with what result."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read through *connection*."""
        self._connection = connection

    def of(self, handoff_id: UUID, *, readers: Collection[UUID], limit: int) -> list[Receipt]:
        """Return up to *limit* receipts of a handoff that *readers* may see, oldest first."""
        asked = {
            "handoff": handoff_id,
            "readers": [str(reader) for reader in readers],
            "limit": limit,
        }
        rows = self._connection.execute(_RECEIPTS, asked).mappings()
        return [Receipt(**row) for row in rows]
