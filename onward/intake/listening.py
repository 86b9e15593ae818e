"""Listen on a service's intake queue: each message is taken, answered, and only then acknowledged."""

import select
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from onward.broker import BrokerAwayError, Incoming, Outgoing, Publisher, Subscription
from onward.errors import Retryable
from onward.intake.taking import Intake
from onward.pace import pause_after
from onward.topology import PARTNERS, intake_queue

BATCH: Final = 20
LISTEN: Final = 0.5
"""Seconds to wait for a first message before looking whether to stop."""

log = structlog.get_logger(__name__)


class Listener:
    """The active or waiting consumer of one service's intake queue."""

    def __init__(
        self, uri: str, service: str, intake: Intake, stopping: Callable[[], bool]
    ) -> None:
        """Take what arrives for *service* until *stopping* says so."""
        self._uri = uri
        self._service = service
        self._intake = intake
        self._stopping = stopping
        self._answers = Publisher(uri, PARTNERS)

    def run(self) -> None:
        """Listen until told to stop, whatever happens to the broker or the database meanwhile."""
        failures = 0
        while not self._stopping():
            try:
                self._answers.publish([])  # declares every queue before ours is listened to
                subscription = Subscription(self._uri, self._service, intake_queue(self._service))
                failures = 0
                self._listen(subscription)
            except BrokerAwayError as error:
                log.warning("intake-waits", error=str(error))
                self._rest(pause_after(failures))
                failures += 1
        self._answers.close()

    def _listen(self, subscription: Subscription) -> None:
        try:
            while not self._stopping():
                if batch := subscription.receive(BATCH, LISTEN):
                    self._tell(
                        [answer for each in batch if (answer := self._take(each, subscription))]
                    )
                    subscription.acknowledge(batch)
                self._answers.keep_alive()
        except BrokerAwayError:
            subscription.close(politely=False)
            raise
        subscription.close(politely=True)

    def _take(self, message: Incoming, subscription: Subscription) -> Outgoing | None:
        """Return the answer to *message*, however long what it needs is away."""
        failures = 0
        while True:
            try:
                return self._intake.take(message)
            except Retryable as error:
                log.warning("intake-retries", error=type(error).__name__)
            self._rest(pause_after(failures))
            failures += 1
            subscription.keep_alive()
            if self._stopping():
                raise BrokerAwayError("stopped before the message was taken")

    def _tell(self, answers: Sequence[Outgoing]) -> None:
        """Put *answers* on their senders' queues. One whose queue is gone or full is not told."""
        if answers and (lost := self._answers.publish(answers)):
            log.warning("intake-answers-lost", answers=len(lost))

    def _rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping() and time.monotonic() < deadline:
            select.select([], [], [], min(0.1, seconds))
