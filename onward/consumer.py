"""The Nameko entrypoint that hears events: batches in, one transaction, one acknowledgement.

Nameko's own consumers acknowledge failed events and take context from headers; this one does neither. No
header of a message reaches the worker, and nothing is acknowledged that was not committed.
"""

from collections.abc import Callable, Sequence
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko.extensions import Entrypoint

from onward import crashpoints
from onward.broker import BrokerAwayError, Incoming, Subscription
from onward.database import DatabaseAwayError
from onward.errors import Retryable
from onward.inbox import Arrival
from onward.service import RunningService

BATCH = 100
LISTEN = 0.5
"""Seconds to wait for a first message before looking whether to stop."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries while the broker or the database is away."""
DRAIN = 30.0
"""Seconds that a stopping consumer takes at most to finish what it had received."""
STOP_PATIENCE = 1.5
"""Seconds a stopping consumer waits for a broker that does not answer."""

log = structlog.get_logger(__name__)


class HearEvents(Entrypoint):
    """Calls the decorated method with each batch of arrivals from the service's queue.

    While the database is away it keeps what it holds, unacknowledged, and tries again with growing
    pauses: the messages' delivery counts are not burnt. On stop it finishes what has arrived and gives
    nothing back.
    """

    expected_exceptions = (Retryable,)

    def setup(self) -> None:
        """Find the service this container runs."""
        self._running: RunningService = self.container.config["RUNNING"]
        self._stopping = False
        self._connected = False
        self._thread: Any = None

    def start(self) -> None:
        """Begin to consume, unless this process only serves the web."""
        if self.container.config["ROLE"] != "web":
            self._thread = self.container.spawn_managed_thread(self._run, identifier="events")

    def stop(self) -> None:
        """Finish what has arrived, acknowledge it, and leave."""
        self._stopping = True
        if self._thread is None:
            return
        if not self._connected:
            eventlet.spawn_after(STOP_PATIENCE, self._thread.kill)
        self._thread.wait()

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            try:
                subscription = self._subscribe()
                failures = 0
                self._consume(subscription)
            except BrokerAwayError as error:
                self._connected = False
                pause = PAUSES[min(failures, len(PAUSES) - 1)]
                failures += 1
                log.warning("consumer-waits", error=str(error), seconds=pause)
                self._rest(pause)

    def _subscribe(self) -> Subscription:
        subscription = Subscription(self._running.settings.amqp_uri, self._running.service.name)
        self._connected = True
        return subscription

    def _consume(self, subscription: Subscription) -> None:
        try:
            while not self._stopping:
                self._take(subscription, subscription.receive(BATCH, LISTEN))
            subscription.cancel()
            with eventlet.Timeout(DRAIN, exception=False):
                while batch := subscription.receive(BATCH, 0):
                    self._take(subscription, batch)
        except BrokerAwayError:
            subscription.close(politely=False)
            raise
        subscription.close(politely=True)

    def _take(self, subscription: Subscription, batch: Sequence[Incoming]) -> None:
        """Hand *batch* to the service until it has it, then acknowledge it all at once."""
        if not batch:
            return
        arrivals = [Arrival(message.body, message.deliveries) for message in batch]
        failures = 0
        while (error := self._work(subscription, arrivals)) is not None:
            pause = PAUSES[min(failures, len(PAUSES) - 1)]
            failures += 1
            self._explain(error, pause)
            self._rest(pause, subscription.keep_alive)
            if self._stopping:
                raise BrokerAwayError("stopped before the batch was taken over")
        if self._stopping:
            subscription.cancel()
        crashpoints.reached("before-ack")
        subscription.acknowledge(batch)
        crashpoints.reached("after-ack")

    def _explain(self, error: Exception, pause: float) -> None:
        if isinstance(error, DatabaseAwayError):
            log.warning("database-awaited", error=type(error).__name__, seconds=pause)
        else:
            log.error("batch-not-taken", exc_info=error, seconds=pause)

    def _work(self, subscription: Subscription, arrivals: Sequence[Arrival]) -> Exception | None:
        """Run the service's method in a Nameko worker; return what kept it from taking them over."""
        done = Event()

        def handle_result(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send(exc_info[1] if exc_info else None)
            return result, exc_info

        self.container.spawn_worker(
            self, (arrivals,), {}, context_data={}, handle_result=handle_result
        )
        while not done.ready():
            done.wait(timeout=1)
            if not done.ready():
                subscription.keep_alive()
        error: Exception | None = done.wait()
        return error

    def _rest(self, seconds: float, meanwhile: Callable[[], None] | None = None) -> None:
        waited = 0.0
        while waited < seconds and not self._stopping:
            eventlet.sleep(min(0.1, seconds))
            waited += 0.1
            if meanwhile:
                meanwhile()


hear_events = HearEvents.decorator
