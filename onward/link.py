"""One connection to the broker: opened late, dropped at the first trouble, never waited for without limit."""

import contextlib
import random
import socket
from collections.abc import Callable, Iterator
from ssl import SSLSocket
from typing import Any

from amqp.exceptions import NotFound
from kombu.connection import Connection
from kombu.exceptions import KombuError

from onward.errors import Retryable
from onward.green import comes

PATIENCE = 5.0
"""Seconds that any single call may wait for a broker that says nothing."""
MOMENT = 0.001
"""Seconds in which a frame comes that has begun to: with none at all, py-amqp spins on half of one."""
READ = 8192
"""Bytes that are read at once where they are there: py-amqp by itself reads each part of each frame alone."""
HEARTBEAT = 10
CONNECT = 3.0
"""Seconds that a broker may take to let us in."""
PARTING = 1.0
"""Seconds that a broker may take to answer each word of a farewell."""

CORK: int | None = getattr(socket, "TCP_CORK", None)
"""What holds packets back until they are full or let go (Linux)."""


class BrokerAwayError(Retryable):
    """The broker cannot be reached or does not answer."""


class BrokerBusyError(BrokerAwayError):
    """The broker takes nothing because of an alarm of its own; what it was sent, it may take later."""


class Link:
    """One connection and one channel."""

    def __init__(self, uri: str) -> None:
        # Begin with any: a node that lets us in but is cut off from its peers must not come first for ever.
        nodes = uri.split(";")
        random.shuffle(nodes)
        self._connection = Connection(nodes, connect_timeout=CONNECT, heartbeat=HEARTBEAT)
        # Try each node of a cluster once, and leave trying again to our caller, who knows when to stop.
        self._connection.transport_options = {"max_retries": len(nodes) - 1, "interval_start": 0}
        self.broker = self._connection.transport.driver_type == "amqp"
        self.blocked = False
        """Whether the broker has said that it takes nothing at present."""
        self._wire: Any = None
        self._channel: Any = None

    @property
    def channel(self) -> Any:
        """The open channel; opened on first use."""
        if self._channel is None:
            retries = len(self._connection.alt) - 1
            self._connection.ensure_connection(
                max_retries=retries, interval_start=0, timeout=CONNECT
            )
            if self.broker:
                self._prepare(self._connection.connection)
            self._channel = self._connection.default_channel
        return self._channel

    def _prepare(self, connection: Any) -> None:
        """Let nothing wait for ever, from the first word on the new connection."""
        self._wire = connection
        _read_ahead(connection.transport)
        self.be_patient()
        connection.on_blocked, connection.on_unblocked = self._on_blocked, self._on_unblocked
        # Else py-amqp looks for those notices before each publication, and spins on half a frame.
        connection.client_properties.get("capabilities", {}).pop("connection.blocked", None)

    def _on_blocked(self, _reason: str) -> None:
        self.blocked = True

    def _on_unblocked(self) -> None:
        self.blocked = False

    @property
    def patience(self) -> float:
        """Seconds that any single call may wait for a broker that says nothing."""
        return PATIENCE

    def be_patient(self) -> None:
        """Give up when the broker neither reads nor speaks for `PATIENCE`."""
        self._wait_at_most(PATIENCE)

    def be_brief(self) -> None:
        """Give up when it does not for `PARTING`: somebody waits for us to leave."""
        self._wait_at_most(PARTING)

    def _wait_at_most(self, seconds: float) -> None:
        if self._wire:
            self._wire.transport.sock.settimeout(seconds)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Send what is said in the block in as few packets as it fits into: each wakes the broker up."""
        if not self._wire or CORK is None:
            yield
            return
        sock = self._wire.transport.sock
        sock.setsockopt(socket.IPPROTO_TCP, CORK, 1)
        try:
            yield
        finally:
            # Whoever reads next learns that the connection is gone.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, CORK, 0)

    def drain(self, timeout: float) -> bool:
        """Process what the broker sends next, within *timeout* seconds; tell whether anything came.

        One frame at a time: py-amqp's own loop goes on for ever where heartbeats come often enough.
        """
        read = self._wire.blocking_read if self._wire else self._connection.drain_events
        if not (timeout or self._has_more()):
            return False
        try:
            read(timeout=timeout or MOMENT)
        except TimeoutError:
            return False
        return True

    def _has_more(self) -> bool:
        """Tell whether the broker has sent what is not read yet: to look costs less than to wait in vain."""
        if not self._wire:
            return True
        transport = self._wire.transport
        sock = transport.sock
        deciphered = sock.pending() if isinstance(sock, SSLSocket) else 0
        return bool(transport._read_buffer) or deciphered > 0 or comes(sock.fileno(), 0)  # noqa: SLF001

    def finds(self, ask: Callable[[Any], object]) -> bool:
        """Ask the broker something; tell whether whatever the question names is there.

        On a channel of its own, since the broker closes one on which it says no.
        """
        aside = self._connection.channel()
        try:
            ask(aside)
        except NotFound:
            return False
        aside.close()
        return True

    def heartbeat(self) -> None:
        """Tell the broker that we live. Raises when it has been silent too long."""
        if self.broker:
            self._connection.heartbeat_check()

    def keep_alive(self) -> None:
        """Exchange heartbeats while there is nothing else to do: what the broker said is read, too."""
        while self.drain(0):
            pass
        self.heartbeat()

    def close(self, *, politely: bool = False) -> None:
        """Give the connection up, without waiting for a broker that may not answer."""
        with contextlib.suppress(Exception):
            if politely and self._wire:
                self.be_brief()
                self._wire.close()
        with contextlib.suppress(Exception):
            self._connection.collect(socket_timeout=1)
        self._channel = None

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn every way a connection can fail into `BrokerAwayError`, and drop the connection."""
        try:
            yield
        except BrokerBusyError:
            raise
        except BrokerAwayError:
            self.close()
            raise
        except (
            *self._connection.connection_errors,
            *self._connection.channel_errors,
            KombuError,
            OSError,
            AttributeError,  # py-amqp, when the connection vanishes below it
        ) as error:
            self.close()
            raise BrokerAwayError(type(error).__name__) from error


def _read_ahead(transport: Any) -> None:
    """Have *transport* of py-amqp read what is there; it keeps what belongs to later frames."""
    receive = transport._quick_recv  # noqa: SLF001 - it offers no other way
    transport._quick_recv = lambda size: receive(max(size, READ))  # noqa: SLF001
