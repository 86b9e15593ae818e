"""The Nameko entrypoint that hears events: batches in, one transaction, one acknowledgement.

Nameko's own consumers acknowledge failed events and take context from headers; this one does neither. No
header of a message reaches the worker, and nothing is acknowledged that was not committed.
"""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import eventlet
import structlog
from nameko.extensions import Entrypoint

from onward.broker import BrokerAwayError, Incoming, Subscription
from onward.database import DatabaseAwayError
from onward.errors import Retryable
from onward.green import AtWork, give_way_always
from onward.inbox import Arrival
from onward.pace import next_start, pause_after
from onward.service import RunningService
from onward.under_way import Batch, UnderWay

TOGETHER = 20
"""Messages acknowledged at once, at least, while more wait to be worked on."""
LISTEN = 0.5
"""Seconds to wait for a first message before looking whether to stop."""
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
        self._batch = self._running.settings.batch
        self._hands = self._running.settings.hands
        if self._hands > 1:
            give_way_always()
        self._stopping = False
        self._connected = False
        self._begun = time.monotonic()
        self._listening = False
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
                pause = pause_after(failures)
                failures += 1
                log.warning("consumer-waits", error=str(error), seconds=pause)
                self._rest(pause)

    def _subscribe(self) -> Subscription:
        subscription = Subscription(self._running.settings.amqp_uri, self._running.service.name)
        self._connected = True
        return subscription

    def _consume(self, subscription: Subscription) -> None:
        under_way = UnderWay(subscription, self._hands)
        try:
            while not self._stopping:
                self._take(under_way, LISTEN)
            under_way.await_all()
            subscription.cancel()
            under_way.acknowledge()
            with eventlet.Timeout(DRAIN, exception=False):
                while self._take(under_way, 0):
                    under_way.await_all()
                    under_way.acknowledge()
        except BrokerAwayError:
            under_way.left = True
            subscription.close(politely=False)
            raise
        subscription.close(politely=True)

    def _take(self, under_way: UnderWay, patience: float) -> bool:
        """Hand the next batch to the service; tell whether there was one within *patience* seconds."""
        under_way.await_hand()
        messages = self._receive(under_way, patience)
        self._begun = time.monotonic()
        if messages:
            self._work(under_way, under_way.begin(messages))
        else:
            under_way.let_go()
        return bool(messages)

    def _receive(self, under_way: UnderWay, patience: float) -> Sequence[Incoming]:
        """Return the next batch; nothing that is done stays unacknowledged while there is none.

        A stopping consumer first asks for no more, as in `_finish`.
        """
        subscription = under_way.subscription
        service = self._running.service
        earliest = next_start(self._begun, time.monotonic(), apart=service.apart)
        if service.at_once:
            subscription.gather(self._batch, earliest, unless=service.at_once)
        else:
            subscription.pile_up(self._batch, earliest)
        self._listening = True
        try:
            if not (subscription.backlog or self._stopping):
                under_way.acknowledge()
            return subscription.receive(self._batch, patience)
        finally:
            self._listening = False

    def _work(self, under_way: UnderWay, batch: Batch) -> None:
        """Run the service's method on *batch* in a Nameko worker."""
        arrivals = [Arrival(message.body, message.deliveries) for message in batch.messages]
        AtWork.count += 1

        def handle_result(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            AtWork.count -= 1
            if exc_info:
                eventlet.spawn(self._work_again, under_way, batch, exc_info[1])
            else:
                self._finish(under_way, batch)
            return result, exc_info

        self.container.spawn_worker(
            self, (arrivals,), {}, context_data={}, handle_result=handle_result
        )

    def _finish(self, under_way: UnderWay, batch: Batch) -> None:
        """Acknowledge what the service has; a stopping consumer first asks for no more."""
        batch.done = True
        under_way.let_go()
        if not self._stopping:
            with contextlib.suppress(BrokerAwayError):  # whoever receives learns it, too
                under_way.acknowledge(1 if self._listening else TOGETHER)

    def _work_again(self, under_way: UnderWay, batch: Batch, error: Exception) -> None:
        pause = pause_after(batch.failures)
        batch.failures += 1
        if isinstance(error, DatabaseAwayError):
            log.warning("database-awaited", error=type(error).__name__, seconds=pause)
        else:
            log.error("batch-not-taken", exc_info=error, seconds=pause)
        self._rest(pause)
        if self._stopping or under_way.left:
            under_way.let_go()
        else:
            self._work(under_way, batch)

    def _rest(self, seconds: float) -> None:
        waited = 0.0
        while waited < seconds and not self._stopping:
            eventlet.sleep(min(0.1, seconds))
            waited += 0.1


hear_events = HearEvents.decorator
