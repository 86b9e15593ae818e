"""What the baseline's services share: sessions, quorum queues, the outbox and its relay."""

import os
import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import eventlet
import psycopg2
import sqlalchemy as sa
from nameko.amqp.publish import Publisher
from nameko.events import EventHandler, get_event_exchange
from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.baselines.models import Outgoing

AMQP_URI = os.environ["BENCH_AMQP_URI"]
DATABASE_URL = os.environ["BENCH_DATABASE_URL"]
WORKERS = 10
"""Nameko's default."""
CHANNEL = "outgoing"
BATCH = 100
Document = Mapping[str, Any]


class Sessions(DependencyProvider):
    """Gives each worker the means to open a session, as Nameko's documentation shows."""

    def setup(self) -> None:
        """Open the pool."""
        engine = sa.create_engine(DATABASE_URL, pool_size=WORKERS, max_overflow=0)
        self._factory = sessionmaker(engine)

    def get_dependency(self, _worker_context: object) -> Callable[[], Any]:
        """Return what opens a session and commits it at the end of its block."""
        return self._factory.begin


class QuorumEventHandler(EventHandler):
    """The stock handler on a quorum queue: it has no option for it."""

    def setup(self) -> None:
        """Declare the queue as ours are."""
        super().setup()
        self.queue.queue_arguments = {"x-queue-type": "quorum"}


hears = QuorumEventHandler.decorator


def tell(session: Session, name: str, cause: Document, data: Mapping[str, Any]) -> None:
    """Write an event down in the transaction that makes it true, and wake the relay on commit."""
    document = {
        **{name: cause[name] for name in ("specversion", "correlationid", "actor", "actorrole")},
        "id": str(uuid4()),
        "type": name,
        "time": datetime.now(UTC).isoformat(),
        "causationid": cause["id"],
        "data": dict(data),
    }
    session.add(Outgoing(name=name, document=document))
    session.execute(sa.text(f"NOTIFY {CHANNEL}"))


class Relay(DependencyProvider):
    """Sends what the outbox holds, woken by NOTIFY: 100 rows a round, each confirmed, one commit."""

    def setup(self) -> None:
        """Make a publisher that waits for the broker's confirms."""
        exchange = get_event_exchange(self.container.service_name, {})
        self._publisher = Publisher(AMQP_URI, exchange=exchange, declare=[exchange])
        self._stopping = False

    def start(self) -> None:
        """Begin to relay."""
        self.container.spawn_managed_thread(self._run, identifier="relay")

    def stop(self) -> None:
        """End after the round under way."""
        self._stopping = True

    def _run(self) -> None:
        factory = sessionmaker(sa.create_engine(DATABASE_URL, pool_size=1))
        with _listening() as listener:
            while not self._stopping:
                while self._send(factory) == BATCH:
                    eventlet.sleep(0)
                select.select([listener], [], [], 1.0)
                listener.poll()
                listener.notifies.clear()

    def _send(self, factory: "sessionmaker[Session]") -> int:
        unsent = sa.select(Outgoing).filter_by(sent_at=None).order_by(Outgoing.id).limit(BATCH)
        with factory.begin() as session:
            found = session.scalars(unsent).all()
            for row in found:
                self._publisher.publish(row.document, routing_key=row.name)
                row.sent_at = datetime.now(UTC)
        return len(found)


@contextmanager
def _listening() -> Iterator[Any]:
    connection = psycopg2.connect(DATABASE_URL.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    yield connection
    connection.close()
