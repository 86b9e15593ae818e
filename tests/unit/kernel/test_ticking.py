"""Work by the clock, and work that news wakes."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Self, cast

import pytest

from onward import pace
from onward.database import DatabaseAwayError
from onward.service import RunningService, Tick
from onward.ticking import Bell, run_tick
from tests.support.waiting import eventually

NEVER = 3600.0
"""Seconds: longer than any test."""


class Ticking:
    """A tick in a thread, with how often it ran."""

    def __init__(self, **tick: Any) -> None:
        self.runs = 0
        self.bell = Bell()
        self._tick = Tick(name="sample", run=self._run, **tick)
        self._thread = threading.Thread(target=self._go)
        self.fail: Callable[[], None] = lambda: None

    def _run(self, _: RunningService) -> None:
        self.runs += 1
        self.fail()

    def _go(self) -> None:
        run_tick(self._tick, cast("RunningService", None), self.bell)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.runs)
        return self

    def __exit__(self, *_: object) -> None:
        self.bell.end()
        self._thread.join()


def test_news_wakes_a_tick_that_is_to_be_woken() -> None:
    with Ticking(every=NEVER, woken="news") as ticking:
        ticking.bell.ring({"news"})
        eventually(lambda: ticking.runs == 2)


@pytest.mark.parametrize("other", [None, "other"])
def test_news_wakes_no_other_tick(other: str | None) -> None:
    with Ticking(every=NEVER, woken=other) as ticking, Ticking(every=NEVER, woken="news") as woken:
        for each in (ticking, woken):
            each.bell.ring({"news"})
        eventually(lambda: woken.runs == 2)
        assert ticking.runs == 1


def test_news_that_comes_while_a_tick_runs_starts_it_again() -> None:
    with Ticking(every=NEVER, woken="news") as ticking:
        ticking.fail = lambda: ticking.bell.ring({"news"}) if ticking.runs == 2 else None
        ticking.bell.ring({"news"})
        eventually(lambda: ticking.runs == 3)


def test_a_round_that_fails_is_not_the_last() -> None:
    def fail() -> None:
        raise RuntimeError

    with Ticking(every=0.001) as ticking:
        ticking.fail = fail
        eventually(lambda: ticking.runs > 3)


def test_the_end_waits_for_no_tick_to_be_due() -> None:
    with Ticking(every=NEVER), Ticking(every=NEVER, woken="news"):
        pass  # leaving waits for both threads


def test_while_the_database_is_away_a_tick_tries_ever_more_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "AWAY", (0.05, 0.2))
    tries: list[float] = []

    def fail() -> None:
        tries.append(time.monotonic())
        if len(tries) <= 3:
            raise DatabaseAwayError

    with Ticking(every=0.001) as ticking:
        ticking.fail = fail
        eventually(lambda: len(tries) > 6)
    first, second, third, *back = (later - before for before, later in pairwise(tries))
    assert (first >= 0.05, second >= 0.2, third >= 0.2) == (True, True, True)
    assert min(back) < 0.2, "once it is there again, the tick has its own pace again"


def test_a_ring_ends_the_wait_for_the_database() -> None:
    """It rings when a batch of events was taken over: the database is there."""

    def fail() -> None:
        if ticking.runs == 2:
            raise DatabaseAwayError

    with Ticking(every=NEVER, woken="news") as ticking:
        ticking.fail = fail
        ticking.bell.ring({"news"})
        eventually(lambda: ticking.runs == 2)
        ticking.bell.ring({"news"})
        eventually(lambda: ticking.runs == 3)
