"""The batches of one subscription that were received and are not acknowledged yet, in the order they came."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from onward import crashpoints
from onward.broker import BrokerAwayError, Incoming, Subscription


@dataclass(slots=True, eq=False)
class Batch:
    """Messages that one hand works on."""

    messages: Sequence[Incoming]
    failures: int = 0
    """How often it could not be taken over so far."""
    done: bool = False


class UnderWay:
    """Lends hands to batches, and acknowledges what is done: never a batch before an earlier one."""

    def __init__(self, subscription: Subscription, hands: int) -> None:
        """Let *hands* batches be worked on at once."""
        self.subscription = subscription
        self.left = False
        """Whether the subscription is over: what is still worked on comes again to the next one."""
        self._hands = hands
        self._free = threading.Semaphore(hands)
        self._batches: deque[Batch] = deque()

    def await_hand(self) -> None:
        """Wait until a hand is free, and take it. Raises `BrokerAwayError`."""
        while not self._free.acquire(timeout=1):
            self.subscription.keep_alive()

    def await_all(self) -> None:
        """Wait until no hand is at work. Raises `BrokerAwayError` also where one gave up."""
        for _ in range(self._hands):
            self.await_hand()
        self._free.release(self._hands)
        if not all(batch.done for batch in self._batches):
            raise BrokerAwayError("stopped before the batch was taken over")

    def begin(self, messages: Sequence[Incoming]) -> Batch:
        """Remember that *messages* are worked on, by the hand taken last."""
        batch = Batch(messages)
        self._batches.append(batch)
        return batch

    def let_go(self) -> None:
        """Free a hand that has no work any more."""
        self._free.release()

    def acknowledge(self, at_least: int = 1) -> None:
        """Acknowledge what is done, up to the first batch that is not, if it is *at_least* as many messages.

        Raises `BrokerAwayError`.
        """
        done = list(takewhile(lambda batch: batch.done, self._batches))
        messages = [message for batch in done for message in batch.messages]
        if len(messages) < at_least or self.left:
            return
        for _ in done:
            self._batches.popleft()
        crashpoints.reached("before-ack")
        self.subscription.acknowledge(messages)
        crashpoints.reached("after-ack")
