"""Raw kombu and psycopg2: the least that a Python consumer can be.

``BENCH_BATCH`` of 1 is kombu's own `ConsumerMixin`; more of them share a multi-row insert, a commit and an
acknowledgement, without an inbox, an order or a place for what fails.
"""

import os
from collections.abc import Mapping
from typing import Any

import orjson
import psycopg2
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.mixins import ConsumerMixin
from psycopg2.extras import execute_values

from benchmarks.contestants.where import AMQP_URI, PLAIN_DATABASE_URL, PREFETCH

BATCH = int(os.environ["BENCH_BATCH"])
QUEUE = Queue("kombu", durable=True, queue_arguments={"x-queue-type": "quorum"})
FIELDS = (
    *("referral_id", "handoff_id", "service_id", "sender", "recipient"),
    *("intent", "urgency", "answer_by"),
)
INSERT = f"INSERT INTO taken (event_id, {', '.join(FIELDS)}) VALUES %s"  # noqa: S608 - our own names


def row(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is kept of an event, unchecked."""
    data = document["data"]
    return (document["id"], *(data[field] for field in FIELDS))


class OneByOne(ConsumerMixin):
    """Insert, commit, acknowledge, for each message."""

    def __init__(self, connection: Connection, database: Any) -> None:
        """Consume on *connection*."""
        self.connection = connection
        self._database = database

    def get_consumers(self, consumer: Any, channel: Any) -> list[Any]:
        """Return the one consumer."""
        channel.basic_qos(0, PREFETCH, a_global=False)
        return [consumer([QUEUE], on_message=self.keep)]

    def keep(self, message: Any) -> None:
        """Insert and commit, then acknowledge."""
        with self._database, self._database.cursor() as cursor:
            execute_values(cursor, INSERT, [row(orjson.loads(message.body))])
        message.ack()


def in_batches(connection: Connection, database: Any) -> None:
    """Take what has arrived, at most `BATCH`; insert, commit and acknowledge it at once."""
    channel = connection.channel()
    arrived: list[Any] = []
    QUEUE(channel).declare()
    channel.basic_qos(0, 2 * BATCH, a_global=False)
    channel.basic_consume(QUEUE.name, callback=arrived.append)
    while True:
        connection.drain_events()
        while len(arrived) < BATCH and _more(connection):
            pass
        with database, database.cursor() as cursor:
            rows = [row(orjson.loads(message.body)) for message in arrived]
            execute_values(cursor, INSERT, rows, page_size=BATCH)
        channel.basic_ack(arrived[-1].delivery_tag, multiple=True)
        arrived.clear()


def _more(connection: Connection) -> bool:
    try:
        connection.drain_events(timeout=0)
    except TimeoutError:
        return False
    return True


def main() -> None:
    """Run until SIGTERM."""
    with Connection(AMQP_URI) as connection:
        database = psycopg2.connect(PLAIN_DATABASE_URL)
        if BATCH == 1:
            OneByOne(connection, database).run()
        else:
            in_batches(connection, database)


if __name__ == "__main__":
    main()
