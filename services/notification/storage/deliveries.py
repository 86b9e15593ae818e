"""The delivery log of an endpoint: each message, with how its attempts ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.notification.domain.messages import Attempt, Delivery
from services.notification.domain.retries import Status
from services.notification.storage import tables

SHOWN = 10
"""Attempts shown of each message, the latest."""

_m = tables.messages
_LISTED = sa.select(
    _m.c.id,
    _m.c.event_id,
    _m.c.key,
    _m.c.about,
    _m.c.handoff_id,
    _m.c.status,
    _m.c.code,
    _m.c.created_at,
    _m.c.due_at,
)
_ATTEMPTS = sa.text(
    """
    SELECT asked.id AS message_id, tried.at, tried.milliseconds, tried.status_code, tried.code
    FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    CROSS JOIN LATERAL (
        SELECT * FROM attempts WHERE message_id = asked.id ORDER BY number DESC LIMIT :shown
    ) AS tried
    ORDER BY asked.id, tried.number DESC
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which deliveries to look for; None leaves a thing open."""

    status: Status | None = None
    key: str | None = None
    about: UUID | None = None
    """The referral."""
    quoted: bytes | None = None
    """What people quote of the handoff, see `onward.ids.quoted`."""
    since: datetime | None = None


EVERY = Sought()


class Deliveries:
    """What was sent to an endpoint."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def page(
        self,
        endpoint_id: UUID,
        sought: Sought = EVERY,
        *,
        before: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Delivery]:
        """Return up to *limit* deliveries, newest first, older than *before* (created_at and id)."""
        wanted = _matching(_LISTED.where(_m.c.endpoint_id == endpoint_id), sought)
        if before is not None:
            created_at, id_ = before
            wanted = wanted.where(sa.tuple_(_m.c.created_at, _m.c.id) < (created_at, id_))
        newest = wanted.order_by(_m.c.created_at.desc(), _m.c.id.desc()).limit(limit)
        return self._with_attempts(newest)

    def one(self, endpoint_id: UUID, id_: UUID, *, lock: bool = False) -> Delivery | None:
        """Return one delivery of the endpoint, locked until commit where asked."""
        wanted = _LISTED.where(_m.c.endpoint_id == endpoint_id, _m.c.id == id_)
        found = self._with_attempts(wanted.with_for_update() if lock else wanted)
        return found[0] if found else None

    def again(self, id_: UUID, now: datetime) -> None:
        """Send it anew, with the whole schedule of attempts before it."""
        anew = sa.update(_m).where(_m.c.id == id_)
        self._connection.execute(
            anew.values(
                status=Status.WAITING.value, due_at=now, attempts=0, code=None, settled_at=None
            )
        )

    def again_since(self, endpoint_id: UUID, since: datetime, now: datetime) -> None:
        """Send anew whatever was made for the endpoint since then; what waits for its next try, too."""
        anew = sa.update(_m).where(_m.c.endpoint_id == endpoint_id, _m.c.created_at >= since)
        self._connection.execute(
            anew.values(
                status=Status.WAITING.value, due_at=now, attempts=0, code=None, settled_at=None
            )
        )

    def are_all_of(self, endpoint_id: UUID, ids: Collection[UUID]) -> bool:
        """Tell whether each of *ids* is, or was, a message to the endpoint."""
        found = sa.select(sa.func.count()).where(
            _m.c.endpoint_id == endpoint_id, _m.c.id.in_(list(ids))
        )
        return not ids or self._connection.scalar(found) == len(set(ids))

    def waiting(self, endpoint_id: UUID) -> int:
        """Return how many messages wait for the endpoint."""
        waits = sa.select(sa.func.count()).where(
            _m.c.endpoint_id == endpoint_id, _m.c.status == Status.WAITING.value
        )
        return self._connection.scalar(waits) or 0

    def _with_attempts(self, wanted: sa.Select[Any]) -> list[Delivery]:
        rows = self._connection.execute(wanted).mappings().all()
        attempts = self._attempts([row["id"] for row in rows])
        return [
            Delivery(
                **{
                    **row,
                    "status": Status(row["status"]),
                    "attempts": tuple(attempts.get(row["id"], ())),
                }
            )
            for row in rows
        ]

    def _attempts(self, ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
        if not ids:
            return {}
        asked = {"ids": [str(id_) for id_ in ids], "shown": SHOWN}
        found: dict[UUID, list[Attempt]] = {}
        for row in self._connection.execute(_ATTEMPTS, asked):
            attempt = Attempt(
                at=row.at,
                milliseconds=row.milliseconds,
                status_code=row.status_code,
                code=row.code,
            )
            found.setdefault(row.message_id, []).append(attempt)
        return found


def _matching(wanted: sa.Select[Any], sought: Sought) -> sa.Select[Any]:
    if sought.status:
        wanted = wanted.where(_m.c.status == sought.status.value)
    if sought.key:
        wanted = wanted.where(_m.c.key == sought.key)
    if sought.about:
        wanted = wanted.where(_m.c.about == sought.about)
    if sought.quoted:
        last = sa.func.substring(
            sa.func.uuid_send(sa.func.coalesce(_m.c.handoff_id, _m.c.about)), 13
        )
        wanted = wanted.where(last == sought.quoted)
    if sought.since:
        wanted = wanted.where(_m.c.created_at >= sought.since)
    return wanted
