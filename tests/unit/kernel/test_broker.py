"""What is waited for, and for how long."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from onward import broker
from onward.broker import BrokerAwayError, Publisher, reachable
from onward.link import PATIENCE


class Link:
    """A broker's end: each look takes four seconds and brings *confirms* confirms."""

    blocked = False
    patience = PATIENCE

    def __init__(
        self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, confirms: int
    ) -> None:
        self._publisher = publisher
        self._confirms = confirms
        self._tags = count(1)
        self.now = 0.0
        monkeypatch.setattr(broker, "time", SimpleNamespace(monotonic=lambda: self.now))

    def drain(self, timeout: float) -> bool:
        self.now += 4 * timeout
        for _ in range(self._confirms):
            self._publisher._on_ack(next(self._tags), multiple=False)
        return bool(self._confirms)

    def heartbeat(self) -> None:
        """Live."""


def publisher_awaiting(confirms: int) -> Publisher:
    publisher = Publisher("amqp://127.0.0.1:1")
    publisher._unconfirmed = set(range(1, confirms + 1))
    return publisher


def test_a_slow_broker_is_waited_for_as_long_as_it_confirms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = publisher_awaiting(10)
    link: Any = Link(publisher, monkeypatch, confirms=1)
    publisher._await_confirms(link)
    assert publisher._unconfirmed == set()
    assert link.now > 2 * PATIENCE


def test_a_broker_that_confirms_nothing_is_away_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = publisher_awaiting(10)
    link: Any = Link(publisher, monkeypatch, confirms=0)
    with pytest.raises(BrokerAwayError):
        publisher._await_confirms(link)
    assert link.now < 2 * PATIENCE


def test_nobody_answers_where_no_broker_is() -> None:
    assert not reachable("amqp://127.0.0.1:1")
    assert not reachable("amqp://127.0.0.1:1;amqp://127.0.0.1:2")
