"""One lane per endpoint: whoever is slow waits for itself alone.

Endpoints that failed lately share a few lanes of their own, so that however many of them are dead, there is
always a lane for one that answers.
"""

import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog

from onward.errors import OnwardError

FOR_HEALTHY: Final = 12
FOR_FAILING: Final = 4

Work = Callable[[], bool]

log = structlog.get_logger(__name__)


class Lanes:
    """The lanes of this process."""

    def __init__(self) -> None:
        """Start with all of them free."""
        self._busy: dict[UUID, bool] = {}
        """By endpoint: whether it failed lately."""
        self._asked: set[UUID] = set()
        """Those of them for which there may be more than their lane has seen."""
        self._changed = threading.Condition()

    def ask_busy(self) -> set[UUID]:
        """Have every lane look once more before it ends; return the endpoints that have one."""
        with self._changed:
            self._asked.update(self._busy)
            return set(self._busy)

    def free(self) -> tuple[int, int]:
        """Return how many lanes are free for endpoints that are well, and for those that failed lately."""
        with self._changed:
            failing = sum(self._busy.values())
            return FOR_HEALTHY - (len(self._busy) - failing), FOR_FAILING - failing

    def start(self, endpoint: UUID, work: Work, *, again: Work, failing: bool) -> None:
        """Do *work* for *endpoint* beside everything else, and *again* while it is asked to look once more.

        It must have no lane, and one must be `free`. Either tells whether it is worth looking once more.
        """
        with self._changed:
            self._busy[endpoint] = failing
        thread = threading.Thread(target=self._run, args=(endpoint, work, again), daemon=True)
        thread.start()

    def ask(self, endpoint: UUID) -> None:
        """Have the lane of *endpoint* look once more before it ends."""
        with self._changed:
            if endpoint in self._busy:
                self._asked.add(endpoint)

    def wait(self, *, within: float) -> bool:
        """Wait until every lane is free; tell whether that was *within* seconds."""
        deadline = time.monotonic() + within
        with self._changed:
            while self._busy:
                if not self._changed.wait(deadline - time.monotonic()):
                    return False
        return True

    def _run(self, endpoint: UUID, work: Work, again: Work) -> None:
        well = _done(endpoint, work)
        while self._is_to_look(endpoint, well=well):
            well = _done(endpoint, again)

    def _is_to_look(self, endpoint: UUID, *, well: bool) -> bool:
        """Tell whether the lane has to look once more; free it otherwise, so that no news falls between."""
        with self._changed:
            asked = endpoint in self._asked
            self._asked.discard(endpoint)
            if well and asked:
                return True
            del self._busy[endpoint]
            self._changed.notify_all()
            return False


def _done(endpoint: UUID, work: Work) -> bool:
    try:
        return work()
    except OnwardError as error:
        # The database is away, most likely: what was claimed comes back when its lease ends.
        log.warning("lane-stopped", endpoint=str(endpoint), error=type(error).__name__)
    except Exception:
        log.exception("lane-failed", endpoint=str(endpoint))
    return False
