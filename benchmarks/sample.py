"""The event every consumer is measured with, and the one row it makes of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from onward.codec import encode
from onward.contracts.referral import HandoffRequested
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.ids import new_id

METADATA = sa.MetaData()

TAKEN = sa.Table(
    "taken",
    METADATA,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("referral_id", sa.Uuid, nullable=False),
    sa.Column("handoff_id", sa.Uuid, nullable=False),
    sa.Column("service_id", sa.Uuid, nullable=False),
    sa.Column("sender", sa.Uuid, nullable=False),
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("urgency", sa.Text, nullable=False),
    sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
)
"""What a consumer keeps of each event."""

_PARTIES = {name: new_id() for name in ("service_id", "sender", "recipient")}


def events(count: int) -> Iterator[bytes]:
    """Return *count* different events as they travel, each the first about its referral."""
    now = datetime.now(UTC)
    actor = Actor(
        principal=f"worker:{new_id()}", organisation=_PARTIES["sender"], role=Role.CASEWORKER
    )
    for _ in range(count):
        yield encode(
            Envelope(
                id=new_id(),
                source="referral",
                sequence=1,
                occurred_at=now,
                correlation_id=new_id(),
                causation_id=None,
                actor=actor,
                traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                event=_requested(now),
            )
        )


def _requested(now: datetime) -> HandoffRequested:
    return HandoffRequested(
        referral_id=new_id(),
        handoff_id=new_id(),
        **_PARTIES,
        person_id=new_id(),
        intent="referral",
        urgency="urgent",
        needs=("housing", "benefits-advice", "step-down-bed"),
        lawful_basis="public-task",
        agreement_id=UUID(int=7),
        acknowledge_by=now + timedelta(hours=4),
        answer_by=now + timedelta(hours=24),
        expires_at=now + timedelta(days=7),
    )
