"""Batches go side by side unless they share a line or a story; those that do, go in the order they came."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from uuid import uuid4

import pytest

from onward.envelope import Envelope
from onward.turns import Turns
from tests.support.events import told
from tests.support.waiting import eventually


class Row:
    """Hands that take their turn, each until it is told to end."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.turns = Turns()
        self.begun: list[str] = []
        self._pool = pool

    def begin(self, name: str, batch: Sequence[Envelope]) -> Event:
        """Let a hand called *name* come for *batch*; return what ends its work."""
        end = Event()

        def work() -> None:
            with self.turns.taken(batch):
                self.begun.append(name)
                end.wait(10)

        self._pool.submit(work)
        return end


@pytest.fixture
def row() -> object:
    with ThreadPoolExecutor(5) as pool:
        yield Row(pool)


def test_batches_that_share_nothing_go_side_by_side(row: Row) -> None:
    ends = [row.begin(name, [told(uuid4(), 1)]) for name in "abc"]
    eventually(lambda: sorted(row.begun) == ["a", "b", "c"])
    for end in ends:
        end.set()


def test_what_follows_in_a_line_waits_for_all_before_it(row: Row) -> None:
    one, two = uuid4(), uuid4()
    first = row.begin("first", [told(one, 1)])
    second = row.begin("second", [told(two, 1)])
    eventually(lambda: len(row.begun) == 2)
    third = row.begin("third", [told(one, 2), told(two, 2)])
    other = row.begin("other", [told(uuid4(), 1)])
    eventually(lambda: "other" in row.begun)
    first.set()
    other.set()
    assert "third" not in row.begun
    second.set()
    eventually(lambda: "third" in row.begun)
    third.set()


def test_what_follows_from_an_event_waits_for_it(row: Row) -> None:
    cause = told(uuid4(), 1)
    effect = replace(told(uuid4(), 1), correlation_id=cause.correlation_id)
    first = row.begin("cause", [cause])
    eventually(lambda: row.begun == ["cause"])
    second = row.begin("effect", [effect])
    other = row.begin("other", [told(uuid4(), 1)])
    eventually(lambda: row.begun == ["cause", "other"])
    first.set()
    eventually(lambda: row.begun == ["cause", "other", "effect"])
    second.set()
    other.set()


def test_a_batch_that_fails_lets_the_next_one_go_on() -> None:
    turns, subject = Turns(), uuid4()
    with pytest.raises(ValueError, match="broken"), turns.taken([told(subject, 1)]):
        raise ValueError("broken")
    with turns.taken([told(subject, 1)]):
        pass
