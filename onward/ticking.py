"""Run a service's work by the clock; what is to follow upon news at once is woken by it."""

import threading
import time
from collections import Counter
from collections.abc import Collection
from typing import Final

import structlog

from onward.database import DatabaseAwayError
from onward.pace import pause_after
from onward.service import RunningService, Tick

GAP: Final = 0.015
"""Seconds that a woken tick rests at least: its work is found together with what comes meanwhile."""

log = structlog.get_logger(__name__)


class Bell:
    """Rings when a batch of events was taken over in this process after which some ticks have work."""

    def __init__(self) -> None:
        """Be silent."""
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._rung: Counter[str | None] = Counter()

    def ring(self, news: Collection[str]) -> None:
        """Wake whoever waits for one of these *news*."""
        with self._changed:
            self._rung.update(news)
            self._changed.notify_all()

    def rung(self, news: str | None) -> int:
        """Return how often there were such *news* so far."""
        return self._rung[news]

    def end(self) -> None:
        """Wake everybody, for the last time."""
        self._over.set()
        self.ring(())

    @property
    def over(self) -> bool:
        """Whether it is time to stop."""
        return self._over.is_set()

    def wait(self, news: str, heard: int, seconds: float) -> None:
        """Return when such *news* came more often than *heard*, after *seconds*, or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or self._rung[news] != heard, seconds)

    def sleep(self, seconds: float) -> None:
        """Return after *seconds*, whatever rings, or at the end."""
        self._over.wait(seconds)


def run_tick(tick: Tick, running: RunningService, bell: Bell) -> None:
    """Run *tick* every so many seconds until *bell* is over, and upon the news that it is `Tick.woken` by.

    While the database is away it runs with growing pauses.
    """
    failures = 0
    while not bell.over:
        heard, due = bell.rung(tick.woken), time.monotonic() + tick.every
        if _run_once(tick, running):
            failures = 0
        else:
            due = max(due, time.monotonic() + pause_after(failures))
            failures += 1
        _rest(tick, bell, heard, due)


def _run_once(tick: Tick, running: RunningService) -> bool:
    """Run *tick* once; tell whether the database was there for it."""
    try:
        tick.run(running)
    except DatabaseAwayError:
        log.warning("tick-waits-for-database", tick=tick.name)
        return False
    except Exception:
        # A round that failed is tried again at the next; its rows are still due.
        log.exception("tick-failed", tick=tick.name)
    return True


def _rest(tick: Tick, bell: Bell, heard: int, due: float) -> None:
    bell.sleep(min(GAP, tick.every))
    left = max(0.0, due - time.monotonic())
    if tick.woken is None:
        bell.sleep(left)
    else:
        bell.wait(tick.woken, heard, left)
