"""What senders of webhooks take: endpoints with their secrets, and what is due to them, in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.planned import planned
from services.notification.domain.endpoints import Endpoint
from services.notification.domain.messages import Message
from services.notification.storage.endpoints import SEALED, Secrets, sealed_of
from services.notification.storage.messages import CLAIMED, message_of

_ENDPOINT = ", ".join(f"served.{name} AS its_{name}" for name in SEALED)
# Events of one transaction occurred at one time: their identifiers tell which was first.
_CLAIM = """
    WITH found AS MATERIALIZED (
        {found}
    ), served AS MATERIALIZED (
        SELECT e.* FROM endpoints e JOIN found USING (id)
        WHERE e.status = 'enabled' FOR NO KEY UPDATE OF e {locked}
    ), due AS (
        SELECT waiting.id FROM served CROSS JOIN LATERAL (
            SELECT m.id FROM messages m
            WHERE m.endpoint_id = served.id AND m.channel = 'webhook' AND m.status = 'waiting'
              AND m.due_at <= :now
            ORDER BY m.due_at, m.event_id LIMIT :limit FOR UPDATE SKIP LOCKED) AS waiting
    ), claimed AS (
        UPDATE messages m SET due_at = :until FROM due WHERE m.id = due.id RETURNING m.*
    )
    SELECT {claimed}, {endpoint}
    FROM claimed JOIN served ON served.id = claimed.endpoint_id
    ORDER BY claimed.endpoint_id, claimed.occurred_at, claimed.event_id
"""
_DUE = """
        SELECT id FROM (
            SELECT e.id, e.failures > 0 AS failing,
                   row_number() OVER (PARTITION BY e.failures > 0 ORDER BY random()) AS place
            FROM endpoints e
            WHERE e.status = 'enabled' AND e.url NOT LIKE 'pull:%' AND e.id <> ALL(CAST(:busy AS uuid[]))
              AND EXISTS (SELECT FROM messages m
                          WHERE m.endpoint_id = e.id AND m.channel = 'webhook' AND m.status = 'waiting'
                            AND m.due_at <= :now)) AS waits
        WHERE place <= CASE WHEN failing THEN CAST(:failing AS int) ELSE CAST(:healthy AS int) END"""
_ONE = "SELECT CAST(:endpoint AS uuid) AS id"


def _claiming(found: str, *, locked: str) -> sa.TextClause:
    text = _CLAIM.format(found=found, locked=locked, claimed=CLAIMED, endpoint=_ENDPOINT)
    return planned(sa.text(text))


_CLAIM_DUE = _claiming(_DUE, locked="SKIP LOCKED")
_CLAIM_ONE = _claiming(_ONE, locked="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What was taken of one endpoint, which is switched on."""

    endpoint: Endpoint
    sealed: Secrets
    messages: list[Message]
    """In the order they are sent."""


class Claims:
    """Takes due messages to endpoints: each is taken by one sender, and again after its lease."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def due(
        self,
        *,
        now: datetime,
        until: datetime,
        limit: int,
        busy: Collection[UUID],
        healthy: int,
        failing: int,
    ) -> list[Claimed]:
        """Take up to *limit* due messages of each of *healthy* endpoints, and *failing* that failed lately.

        Until *until* nobody else takes them. Which endpoints is left to chance; *busy* ones are left out,
        and those that somebody else settles or switches now.
        """
        asked = {"busy": list(busy), "healthy": healthy, "failing": failing}
        return self._claim(_CLAIM_DUE, {**asked, "now": now, "until": until, "limit": limit})

    def of(
        self, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int
    ) -> Claimed | None:
        """Take up to *limit* due messages of one endpoint; None where nothing is due or it is off."""
        asked = {"endpoint": endpoint_id, "now": now, "until": until, "limit": limit}
        return next(iter(self._claim(_CLAIM_ONE, asked)), None)

    def _claim(self, statement: sa.TextClause, asked: dict[str, Any]) -> list[Claimed]:
        rows = self._connection.execute(statement, asked).mappings()
        runs = groupby(rows, key=itemgetter("its_id"))
        return [_claimed(list(run)) for _, run in runs]


def _claimed(rows: Sequence[Any]) -> Claimed:
    endpoint, sealed = sealed_of({name: rows[0][f"its_{name}"] for name in SEALED})
    return Claimed(endpoint=endpoint, sealed=sealed, messages=[message_of(row) for row in rows])
