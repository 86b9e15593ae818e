"""Measure how long handoffs waited between their moves, from the leaves themselves; sandboxes aside."""

from datetime import datetime

import sqlalchemy as sa

from onward.contracts.directory import OrganisationPublished
from services.audit.domain.stalls import ENDS, MOVES, Period, Stall
from services.audit.domain.trail import PAUSE

_STALLS = sa.text(
    """
    WITH moves AS (
        SELECT number, action, occurred, convert_from(body, 'UTF8')::jsonb AS said FROM leaves
        WHERE action = ANY(:moves) AND occurred >= :since
    ),
    steps AS (
        SELECT action, occurred, CAST(said ->> 'service' AS uuid) AS service,
            CAST(said #>> '{data,recipient}' AS uuid) AS recipient,
            lead(occurred) OVER (PARTITION BY said ->> 'handoff' ORDER BY occurred, number) AS next
        FROM moves
    ),
    made_up AS (
        SELECT CAST(convert_from(body, 'UTF8')::jsonb ->> 'subject' AS uuid) AS id
        FROM leaves WHERE action = :published AND position('"sandbox":"' IN convert_from(body, 'UTF8')) > 0
    )
    SELECT service, recipient, action, count(next) AS moved,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY next - occurred) AS half,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY next - occurred) AS most,
        count(*) FILTER (WHERE next IS NULL AND occurred <= :still) AS standing,
        :now - min(occurred) FILTER (WHERE next IS NULL AND occurred <= :still) AS longest
    FROM steps
    WHERE action <> ALL(:ends) AND occurred < :until
        AND recipient NOT IN (SELECT id FROM made_up)
    GROUP BY service, recipient, action
    ORDER BY standing DESC, most DESC NULLS LAST, service, recipient, action
    LIMIT :limit
    """
)


class Stalls:
    """What the leaves say of waiting."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read within the transaction of *connection*."""
        self._connection = connection

    def worst(self, period: Period, *, now: datetime, limit: int) -> list[Stall]:
        """Return up to *limit*, those first where most handoffs stand still."""
        values = {
            "moves": list(MOVES),
            "ends": list(ENDS),
            "published": OrganisationPublished.key,
            "since": period.since,
            "until": period.until,
            "still": now - PAUSE,
            "now": now,
            "limit": limit,
        }
        return [Stall(**row) for row in self._connection.execute(_STALLS, values).mappings()]
