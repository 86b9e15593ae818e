"""Keep who is with services that count no places: written in bulk, without reading anybody else."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.rows import Statement
from services.directory.domain.claims import Claim

_ACCEPT = Statement(
    """
    INSERT INTO claims (handoff_id, attempt, referral_id, service_id, state, urgency,
        requested_at, waiting_since, offer_hours, promoted)
    SELECT handoff_id, attempt, referral_id, service_id, state, urgency,
        requested_at, waiting_since, offer_hours, promoted
    FROM {rows} ON CONFLICT (handoff_id, attempt) DO NOTHING
    """,
    handoff_id="uuid",
    attempt="integer",
    referral_id="uuid",
    service_id="uuid",
    state="text",
    urgency="text",
    requested_at="timestamptz",
    waiting_since="timestamptz",
    offer_hours="integer",
    promoted="boolean",
)
_BEGIN = Statement(
    """
    UPDATE claims SET state = 'started', held_at = rows.at, taken_at = rows.at FROM {rows}
    WHERE claims.handoff_id = rows.handoff_id AND claims.state = 'accepted'
    """,
    handoff_id="uuid",
    at="timestamptz",
)
_END = Statement(
    """
    UPDATE claims SET state = 'released', ended_at = rows.at, end_reason = rows.reason FROM {rows}
    WHERE claims.handoff_id = rows.handoff_id AND claims.state IN ('accepted', 'started')
    """,
    handoff_id="uuid",
    at="timestamptz",
    reason="text",
)

_ATTEND = Statement(
    """
    UPDATE claims SET sessions = rows.sessions FROM {rows}
    WHERE claims.handoff_id = rows.handoff_id AND claims.ended_at IS NULL
    """,
    handoff_id="uuid",
    sessions="integer",
)


class Uncounted:
    """Claims on services that give out no places."""

    def __init__(self, connection: sa.Connection) -> None:
        """Write through *connection*."""
        self._connection = connection

    def accept(self, accepted: Sequence[tuple[UUID, Claim]]) -> None:
        """Write who was accepted by which service; whoever is known already stays as they are."""
        self._run(_ACCEPT, [_row(service_id, claim) for service_id, claim in accepted])

    def begin(self, handoffs: Iterable[UUID], *, at: datetime) -> None:
        """Note that each of *handoffs* has begun."""
        self._run(_BEGIN, [{"handoff_id": one, "at": at} for one in handoffs])

    def end(self, reasons: Mapping[UUID, str], *, at: datetime) -> None:
        """Note that handoffs have ended, each for its reason."""
        ended = [{"handoff_id": one, "at": at, "reason": why} for one, why in reasons.items()]
        self._run(_END, ended)

    def attend(self, sessions: Mapping[UUID, int]) -> None:
        """Note how many sessions each handoff's person has come to."""
        came = [{"handoff_id": one, "sessions": count} for one, count in sessions.items()]
        self._run(_ATTEND, came)

    def _run(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            statement.later(self._connection, rows)


def _row(service_id: UUID, claim: Claim) -> dict[str, Any]:
    return {
        "handoff_id": claim.handoff_id,
        "attempt": claim.attempt,
        "referral_id": claim.referral_id,
        "service_id": service_id,
        "state": claim.state,
        "urgency": claim.urgency,
        "requested_at": claim.requested_at,
        "waiting_since": claim.waiting_since,
        "offer_hours": claim.offer_hours,
        "promoted": claim.promoted,
    }
