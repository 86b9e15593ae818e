"""Put a backlog into a queue before a run; nothing of this is measured."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kombu.connection import Connection

WINDOW = 500
"""Messages on their way before their confirms are awaited."""
QUORUM = {"x-queue-type": "quorum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message as a framework expects to find it."""

    body: bytes
    content_type: str = "application/json"
    headers: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


def load(uri: str, parcels: Iterable[Parcel], *, exchange: str, key: str) -> None:
    """Publish *parcels*, persistent and confirmed, to *exchange* under *key*."""
    with Connection(uri) as connection:
        channel = connection.channel()
        open_: set[int] = set()

        def confirmed(tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's call
            open_.difference_update({each for each in open_ if each <= tag} if multiple else {tag})

        channel.confirm_select()
        channel.events["basic_ack"].add(confirmed)
        for number, parcel in enumerate(parcels, start=1):
            message = channel.prepare_message(
                parcel.body,
                content_type=parcel.content_type,
                content_encoding="utf-8",
                headers=parcel.headers,
                properties={"delivery_mode": 2, **parcel.properties},
            )
            open_.add(number)
            channel.basic_publish(message, exchange=exchange, routing_key=key)
            while len(open_) >= WINDOW:
                connection.drain_events(timeout=10)
        while open_:
            connection.drain_events(timeout=10)


def left_in(uri: str, queue: str) -> tuple[int, int]:
    """Return how many messages and how many consumers *queue* has."""
    with Connection(uri) as connection:
        found = connection.channel().queue_declare(queue, passive=True)
        return found.message_count, found.consumer_count


def forget(uri: str, queue: str) -> None:
    """Delete *queue*, if it is there."""
    with Connection(uri) as connection:
        connection.channel().queue_delete(queue)
