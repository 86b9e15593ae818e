"""FastStream with asyncpg: a typed subscriber, one transaction per message, acknowledged afterwards."""

from datetime import datetime
from uuid import UUID

import anyio
import asyncpg
from faststream import FastStream
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from pydantic import BaseModel

from benchmarks.contestants.where import AMQP_URI, PLAIN_DATABASE_URL, PREFETCH

INSERT = """
    INSERT INTO taken (event_id, referral_id, handoff_id, service_id, sender, recipient, intent, urgency,
                       answer_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


class Requested(BaseModel):
    """The part of an event's data that is kept."""

    referral_id: UUID
    handoff_id: UUID
    service_id: UUID
    sender: UUID
    recipient: UUID
    intent: str
    urgency: str
    answer_by: datetime


class Document(BaseModel):
    """An event."""

    id: UUID
    data: Requested


broker = RabbitBroker(AMQP_URI, default_channel=Channel(prefetch_count=PREFETCH))
app = FastStream(broker)
pools: list[asyncpg.Pool] = []


@app.on_startup
async def open_pool() -> None:
    """Open as many connections as messages may be under way."""
    pools.append(
        await asyncpg.create_pool(PLAIN_DATABASE_URL, min_size=PREFETCH, max_size=PREFETCH)
    )


@broker.subscriber(RabbitQueue("faststream", durable=True, queue_type=QueueType.QUORUM))
async def keep(document: Document) -> None:
    """Insert and commit; FastStream acknowledges afterwards."""
    data = document.data
    async with pools[0].acquire() as connection, connection.transaction():
        await connection.execute(
            INSERT,
            *(document.id, data.referral_id, data.handoff_id, data.service_id, data.sender),
            *(data.recipient, data.intent, data.urgency, data.answer_by),
        )


if __name__ == "__main__":
    anyio.run(app.run)
