"""What is done is acknowledged in its order, several messages at once where more wait to be worked on."""

from collections.abc import Iterable, Sequence
from typing import cast

import pytest

from onward.broker import BrokerAwayError, Incoming, Subscription
from onward.under_way import Batch, UnderWay


class Notes:
    """A subscription that writes down what it is asked to acknowledge."""

    def __init__(self) -> None:
        self.acknowledged: list[list[int]] = []

    def acknowledge(self, messages: Iterable[Incoming]) -> None:
        self.acknowledged.append([message.tag for message in messages])

    def keep_alive(self) -> None:
        raise BrokerAwayError("gone")


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def under_way(notes: Notes) -> UnderWay:
    return UnderWay(cast("Subscription", notes), 3)


def begun(under_way: UnderWay, *tags: int) -> Sequence[Batch]:
    return [under_way.begin([Incoming(tag=tag, body=b"", deliveries=0)]) for tag in tags]


def test_nothing_is_acknowledged_before_what_came_earlier(
    under_way: UnderWay, notes: Notes
) -> None:
    first, second, third = begun(under_way, 1, 2, 3)
    second.done = True
    under_way.acknowledge()
    assert notes.acknowledged == []
    first.done = True
    under_way.acknowledge()
    assert notes.acknowledged == [[1, 2]]
    third.done = True
    under_way.acknowledge()
    assert notes.acknowledged == [[1, 2], [3]]


def test_few_wait_for_more_where_that_is_asked_for(under_way: UnderWay, notes: Notes) -> None:
    for batch in begun(under_way, 1, 2, 3):
        batch.done = True
        under_way.acknowledge(at_least=3)
    assert notes.acknowledged == [[1, 2, 3]]


def test_a_subscription_that_is_over_is_told_nothing(under_way: UnderWay, notes: Notes) -> None:
    (batch,) = begun(under_way, 1)
    batch.done = under_way.left = True
    under_way.acknowledge()
    assert notes.acknowledged == []
