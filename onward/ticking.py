"""Run a service's work by the clock; what is to follow upon news at once is woken by it."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from onward.database import DatabaseAwayError
from onward.service import RunningService, Tick

LOOK: Final = 0.1
"""Seconds after which somebody who waits looks whether to stop."""
GAP: Final = 0.02
"""Seconds that a woken tick rests at least: a flood of news starts it fifty times a second at most."""

log = structlog.get_logger(__name__)


class Bell:
    """Rings whenever a batch of events was taken over in this process after which ticks have work."""

    def __init__(self) -> None:
        """Be silent."""
        self._changed = threading.Condition()
        self.rung = 0
        """How often so far."""

    def ring(self) -> None:
        """Wake whoever waits."""
        with self._changed:
            self.rung += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Return when it has rung more often than *heard*, or after *seconds*."""
        with self._changed:
            self._changed.wait_for(lambda: self.rung != heard, seconds)


def run_tick(
    tick: Tick, running: RunningService, bell: Bell, stopping: Callable[[], bool]
) -> None:
    """Run *tick* every so many seconds until *stopping*, and after each ring where it is `Tick.woken`."""
    while not stopping():
        heard, begun = bell.rung, time.monotonic()
        _run_once(tick, running)
        _rest(tick, bell, heard, begun, stopping)


def _run_once(tick: Tick, running: RunningService) -> None:
    try:
        tick.run(running)
    except DatabaseAwayError:
        log.warning("tick-waits-for-database", tick=tick.name)
    except Exception:
        # A round that failed is tried again at the next; its rows are still due.
        log.exception("tick-failed", tick=tick.name)


def _rest(tick: Tick, bell: Bell, heard: int, begun: float, stopping: Callable[[], bool]) -> None:
    due = begun + tick.every
    time.sleep(min(GAP, tick.every))
    while not stopping() and (left := due - time.monotonic()) > 0:
        if not tick.woken:
            time.sleep(min(LOOK, left))
        elif bell.rung != heard:
            return
        else:
            bell.wait(heard, min(LOOK, left))
