"""Talk to the broker: publish a batch and know what was taken, receive a batch and acknowledge it at once.

Each class owns one connection, opened late and thrown away at the first sign of trouble. No call waits
longer than `onward.link.PATIENCE` for the broker.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kombu.entity import Exchange, Queue

from onward.codec import CONTENT_TYPE
from onward.link import BrokerAwayError, BrokerBusyError, Link
from onward.topology import EVENTS, declare, declare_intake, hearers, queue_for, tether

__all__ = [
    "BrokerAwayError",
    "BrokerBusyError",
    "Incoming",
    "Outgoing",
    "Publisher",
    "Subscription",
    "reachable",
]

SETTLED = 0.1
"""Seconds without a message after which none is thought to be under way to us."""
PREFETCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One event on its way out."""

    id: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message as it came in, to be acknowledged by its tag."""

    tag: Any
    body: bytes
    deliveries: int
    key: str = ""
    """Routing key."""
    sender: str | None = None
    """The user that the broker saw publish it, where the message says so: the broker checks that."""


class Publisher:
    """Publishes batches with confirms and ``mandatory``, on a connection of its own."""

    def __init__(self, uri: str, exchange: Exchange = EVENTS) -> None:
        """Publish on *exchange* of the broker at *uri*; nothing is opened yet."""
        self._uri = uri
        self._exchange = exchange
        self._link: Link | None = None
        self._unconfirmed: set[int] = set()
        self._refused: set[int] = set()
        self._returned: set[str] = set()
        self._published = 0
        self._bound = False
        """Whether tethers were bound on this connection."""

    def publish(self, events: Sequence[Outgoing]) -> set[str]:
        """Publish *events* in order; return the ids of those that reached no queue or were refused.

        When this returns, every other one is safe on the broker. Raises `BrokerAwayError` when that
        cannot be known; publishing again is then right, since receivers drop duplicates.
        """
        link = self._link or self._open()
        with self._dropping(link):
            # What an alarm holds up must not be sent once more at each try.
            self._await_confirms(link)
            self._forget()
            with link.together():
                tags = {self._send(link, event): event.id for event in events}
            self._await_confirms(link)
        return self._returned | {tags[tag] for tag in self._refused if tag in tags}

    def lost(self, teller: str) -> Sequence[str]:
        """Return who hears *teller* and had their queue deleted since `tie`, or was never tied.

        Whatever was sent before may be missing there. Raises `BrokerAwayError`.
        """
        link = self._link or self._open()
        if not link.broker or link.blocked:
            return []
        with self._dropping(link):
            lost = [one for one in hearers(teller) if not link.finds(self._question(teller, one))]
        self._bound = True
        return lost

    def _question(self, teller: str, hearer: str) -> Callable[[Any], object]:
        """Return what asks whether a tether holds: it has to be there, and bound.

        On a new connection it is bound, since who died in `tie` may have left that undone. After that
        it is only looked for: no other node of a cluster has a say in that, and none can hold it up.
        """
        exchange = tether(teller, hearer)
        if self._bound:
            return lambda channel: exchange(channel).declare(passive=True)
        return lambda channel: queue_for(hearer)(channel).bind_to(exchange.name)

    def tie(self, teller: str, hearer: str) -> None:
        """Make sure that *hearer* has a queue, and that `lost` tells when it goes.

        Before it, have all that *teller* keeps sent again: who dies in between does so once more.
        Raises `BrokerAwayError`.
        """
        link = self._link or self._open()
        with self._dropping(link):
            queue, tied = queue_for(hearer)(link.channel), tether(teller, hearer)(link.channel)
            queue.declare()
            tied.declare()
            queue.bind_to(tied)

    def keep_alive(self) -> None:
        """Exchange heartbeats on an idle connection. Raises `BrokerAwayError`."""
        if link := self._link:
            with self._dropping(link):
                link.keep_alive()

    def close(self) -> None:
        """Give the connection back."""
        if self._link:
            self._link.close(politely=True)
            self._link = None

    @contextlib.contextmanager
    def _dropping(self, link: Link) -> Iterator[None]:
        try:
            with link.explained():
                yield
        except BrokerBusyError:
            raise
        except BrokerAwayError:
            self._link = None
            raise

    def _open(self) -> Link:
        link = Link(self._uri)
        with link.explained():
            channel = link.channel
            (declare if self._exchange is EVENTS else declare_intake)(channel)
            if link.broker:
                channel.confirm_select()
                channel.events["basic_ack"].add(self._on_ack)
                channel.events["basic_nack"].add(self._on_nack)
                channel.events["basic_return"].add(self._on_return)
        self._published = 0
        self._bound = False
        self._forget()
        self._link = link
        return link

    def _forget(self) -> None:
        self._unconfirmed.clear()
        self._refused.clear()
        self._returned = set()

    def _send(self, link: Link, event: Outgoing) -> int:
        channel = link.channel
        message = channel.prepare_message(
            event.body,
            content_type=CONTENT_TYPE,
            properties={"message_id": event.id, "delivery_mode": 2},
        )
        self._published += 1
        if link.broker:
            self._unconfirmed.add(self._published)
        elif not channel.routes(self._exchange.name, event.key):
            self._returned.add(event.id)
            return self._published
        name = self._exchange.name
        channel.basic_publish(message, exchange=name, routing_key=event.key, mandatory=True)
        return self._published

    def _await_confirms(self, link: Link) -> None:
        """Wait for every confirm; a broker that is slow but confirms now and then is not away."""
        waiting = len(self._unconfirmed)
        deadline = time.monotonic() + link.patience
        while self._unconfirmed:
            if len(self._unconfirmed) < waiting:
                waiting = len(self._unconfirmed)
                deadline = time.monotonic() + link.patience
            if time.monotonic() > deadline:
                if link.blocked:
                    raise BrokerBusyError("alarm")
                raise BrokerAwayError("no confirm in time")
            link.drain(timeout=1)
            link.heartbeat()

    def _confirmed(self, tag: int, *, multiple: bool) -> set[int]:
        done = {open_ for open_ in self._unconfirmed if open_ <= tag} if multiple else {tag}
        self._unconfirmed -= done
        return done

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's call
        self._confirmed(delivery_tag, multiple=multiple)

    def _on_nack(self, delivery_tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp's call
        self._refused |= self._confirmed(delivery_tag, multiple=multiple)

    def _on_return(self, _error: object, _exchange: str, _key: str, message: Any) -> None:
        self._returned.add(message.properties.get("message_id", ""))


class Subscription:
    """A service's place at its own queue: what has arrived, in order, and the acknowledgement."""

    def __init__(self, uri: str, service: str, queue: Queue | None = None) -> None:
        """Open the connection, declare the queue and start to consume. Raises `BrokerAwayError`.

        *queue* is another one than the service's own queue of events.
        """
        self._link = Link(uri)
        self._speaking = threading.Lock()
        """Who writes: hands acknowledge while somebody else receives."""
        self._arrived: list[Incoming] = []
        self._cancelled = False
        self._consumer = f"{service}-{time.monotonic_ns()}"
        with self._link.explained():
            channel = self._link.channel
            mine = (queue or queue_for(service))(channel)
            mine.declare()
            channel.basic_qos(0, PREFETCH, False)  # noqa: FBT003 - named differently by each transport
            channel.basic_consume(
                mine.name, no_ack=False, callback=self._take, consumer_tag=self._consumer
            )

    def gather(self, most: int, until: float, *, unless: Collection[str] = ()) -> None:
        """Let messages arrive until there are *most*, or it is *until* by the monotonic clock.

        Also until there is one with a routing key of *unless*.
        """
        with self._link.explained():
            while len(self._arrived) < most and (left := until - time.monotonic()) > 0:
                if unless and any(message.key in unless for message in self._arrived):
                    return
                self._link.drain(left)

    def pile_up(self, most: int, until: float) -> None:
        """Let messages lie until it is *until* by the monotonic clock, unless there are *most* already.

        To be woken for each costs more than to read them together.
        """
        with self._link.explained():
            self._take_what_is_there(most)
        if len(self._arrived) < most:
            time.sleep(max(0.0, until - time.monotonic()))

    def receive(self, most: int, timeout: float) -> Sequence[Incoming]:
        """Return what has arrived, at most *most*; wait up to *timeout* seconds for the first one only."""
        self.gather(1, time.monotonic() + timeout)
        with self._link.explained():
            self._take_what_is_there(most)
            with self._speaking:
                self._link.heartbeat()
        batch, self._arrived = self._arrived[:most], self._arrived[most:]
        return batch

    def keep_alive(self) -> None:
        """Tell the broker that we live while a batch takes its time."""
        with self._speaking, self._link.explained():
            self._link.keep_alive()

    def acknowledge(self, batch: Iterable[Incoming]) -> None:
        """Tell the broker that *batch* is ours now: it must be what `receive` returned last."""
        tags = [message.tag for message in batch]
        with self._speaking, self._link.explained():
            if self._link.broker:
                self._link.channel.basic_ack(tags[-1], multiple=True)
            else:
                for tag in tags:
                    self._link.channel.basic_ack(tag)

    def cancel(self) -> None:
        """Ask for no more messages; what has arrived can still be received and acknowledged.

        To be called before an acknowledgement makes room for more: what is under way to a consumer that
        leaves, a quorum queue takes back, counts as delivered, and delivers out of order.
        """
        if self._cancelled:
            return
        with self._link.explained():
            while self._link.drain(SETTLED):
                pass
            self._link.be_brief()
            self._link.channel.basic_cancel(self._consumer)
            self._link.be_patient()
        self._cancelled = True

    @property
    def backlog(self) -> int:
        """How many messages have arrived and not been received."""
        return len(self._arrived)

    def close(self, *, politely: bool) -> None:
        """Leave; unacknowledged messages go to the next consumer."""
        self._link.close(politely=politely)

    def _take_what_is_there(self, most: int) -> None:
        while len(self._arrived) < most and self._link.drain(0):
            pass

    def _take(self, message: Any) -> None:
        headers = message.properties.get("application_headers") or {}
        count = headers.get("x-delivery-count", 0)
        body = message.body
        self._arrived.append(
            Incoming(
                tag=message.delivery_tag,
                body=body if isinstance(body, bytes) else str(body).encode(),
                deliveries=count if isinstance(count, int) else 0,
                key=(message.delivery_info or {}).get("routing_key", ""),
                sender=message.properties.get("user_id"),
            )
        )


def reachable(uri: str) -> bool:
    """Tell whether a broker answers at *uri*."""
    link = Link(uri)
    try:
        with link.explained():
            return link.channel is not None
    except BrokerAwayError:
        return False
    finally:
        link.close()
