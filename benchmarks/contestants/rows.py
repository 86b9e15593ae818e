"""One event as a SQLAlchemy model, shared by the contestants that use the ORM."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from benchmarks.sample import TAKEN


class Model(DeclarativeBase):
    """Base of the models."""


class Taken(Model):
    """What a consumer keeps of an event."""

    __table__ = TAKEN


def taken(document: Mapping[str, Any]) -> Taken:
    """Return the row that *document*, a decoded event, becomes."""
    data = document["data"]
    return Taken(
        event_id=UUID(document["id"]),
        referral_id=UUID(data["referral_id"]),
        handoff_id=UUID(data["handoff_id"]),
        service_id=UUID(data["service_id"]),
        sender=UUID(data["sender"]),
        recipient=UUID(data["recipient"]),
        intent=data["intent"],
        urgency=data["urgency"],
        answer_by=datetime.fromisoformat(data["answer_by"]),
    )


def engine(url: str, *, connections: int) -> sa.Engine:
    """Return an engine with as many connections as there are workers."""
    return sa.create_engine(url, pool_size=connections, max_overflow=0)
