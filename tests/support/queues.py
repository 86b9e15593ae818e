"""Look at a service's queue from outside, as another client of the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pika
import pika.exceptions

from onward.broker import Outgoing, Publisher
from onward.codec import encode
from onward.envelope import Envelope
from onward.topology import hearers, tether


class Found(NamedTuple):
    """One message as it lay in the queue."""

    body: bytes
    properties: Any
    redelivered: bool


@contextmanager
def channel(uri: str) -> Iterator[Any]:
    """Lend a channel."""
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    try:
        yield connection.channel()
    finally:
        connection.close()


def take(uri: str, service: str) -> list[Found]:
    """Take everything that lies ready in the service's queue, where nobody consumes it."""
    found: list[Found] = []
    wanted = ready(uri, service)
    with channel(uri) as open_:
        for method, properties, body in open_.consume(f"onward.{service}", inactivity_timeout=5):
            if method is None:
                return found
            found.append(Found(body, properties, method.redelivered))
            if len(found) == wanted:
                open_.basic_ack(method.delivery_tag, multiple=True)
                return found
    return found


def ready(uri: str, service: str) -> int:
    """Return how many messages lie ready, those a consumer holds aside; none without a queue."""
    try:
        with channel(uri) as open_:
            declared = open_.queue_declare(f"onward.{service}", passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return 0
    count: int = declared.method.message_count
    return count


def consumers(uri: str, service: str) -> int:
    """Return how many consumers the service's queue has; none while there is no queue."""
    try:
        with channel(uri) as open_:
            declared = open_.queue_declare(f"onward.{service}", passive=True)
            count: int = declared.method.consumer_count
            return count
    except pika.exceptions.ChannelClosedByBroker:
        return 0


def tied(uri: str, teller: str) -> bool:
    """Tell whether the relay of *teller* watches the queues of all who hear it."""
    try:
        with channel(uri) as open_:
            for hearer in hearers(teller):
                open_.exchange_declare(tether(teller, hearer).name, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    return True


def put(uri: str, *envelopes: Envelope) -> None:
    """Publish events as their producer would."""
    publisher = Publisher(uri)
    outgoing = [Outgoing(id=str(e.id), key=e.event.key, body=encode(e)) for e in envelopes]
    assert publisher.publish(outgoing) == set()
    publisher.close()


def put_raw(uri: str, key: str, body: bytes, **properties: Any) -> None:
    """Publish whatever a stranger might."""
    with channel(uri) as open_:
        open_.confirm_delivery()
        open_.basic_publish("onward.events", key, body, pika.BasicProperties(**properties))
