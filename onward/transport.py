"""The in-process transport of the embedded platform: kombu's memory transport, woken instead of polling.

Importing this module registers ``embedded://``. Messages die with the process; the outbox makes that safe.
"""

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, memory, virtual

URI = "embedded://"

_arrived = threading.Condition()


class Channel(memory.Channel):
    """A channel that wakes the receivers, and can tell whether a message would reach a queue."""

    body_encoding = None  # type: ignore[assignment]

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        with _arrived:
            _arrived.notify_all()

    def routes(self, exchange: str, routing_key: str) -> bool:
        """Tell whether any queue is bound for *routing_key*."""
        return bool(self._lookup(exchange, routing_key))


class Transport(memory.Transport):
    """Waits on a condition where kombu's own sleeps between polls."""

    Channel = Channel
    global_state = virtual.BrokerState()

    @property
    def _cycle(self) -> Any:
        return self.cycle

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:  # noqa: ARG002
        """Deliver one message, waiting up to *timeout* seconds for it. Raises `TimeoutError`."""
        deadline = time.monotonic() + (timeout or 0)
        while True:
            with _arrived:
                try:
                    self._cycle.get(self._deliver, timeout=0)
                except Empty:
                    remaining = deadline - time.monotonic()
                    if remaining <= 0:
                        raise TimeoutError from None
                    _arrived.wait(remaining)
                else:
                    return


def waiting() -> int:
    """Return how many messages no receiver has taken yet."""
    return sum(queue.qsize() for queue in memory.Channel.queues.values())


def reset() -> None:
    """Forget every queue and binding, as when a broker is replaced by an empty one."""
    memory.Channel.queues.clear()
    Transport.global_state.clear()


TRANSPORT_ALIASES["embedded"] = f"{__name__}:Transport"
