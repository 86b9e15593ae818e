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

log = structlog.get_logger(__name__)


class Lanes:
    """The lanes of this process."""

    def __init__(self) -> None:
        """Start with all of them free."""
        self._busy: dict[UUID, bool] = {}
        self._changed = threading.Condition()

    def busy(self) -> set[UUID]:
        """Return the endpoints that have a lane now."""
        with self._changed:
            return set(self._busy)

    def start(self, endpoint: UUID, work: Callable[[], None], *, failing: bool) -> bool:
        """Do *work* for *endpoint* beside everything else; tell whether a lane was free for it."""
        with self._changed:
            taken = sum(kind is failing for kind in self._busy.values())
            if endpoint in self._busy or taken >= (FOR_FAILING if failing else FOR_HEALTHY):
                return False
            self._busy[endpoint] = failing
        thread = threading.Thread(target=self._run, args=(endpoint, work), daemon=True)
        thread.start()
        return True

    def wait(self, *, within: float) -> bool:
        """Wait until every lane is free; tell whether that was *within* seconds."""
        deadline = time.monotonic() + within
        with self._changed:
            while self._busy:
                if not self._changed.wait(deadline - time.monotonic()):
                    return False
        return True

    def _run(self, endpoint: UUID, work: Callable[[], None]) -> None:
        try:
            work()
        except OnwardError as error:
            # The database is away, most likely: what was claimed comes back when its lease ends.
            log.warning("lane-stopped", endpoint=str(endpoint), error=type(error).__name__)
        except Exception:
            log.exception("lane-failed", endpoint=str(endpoint))
        finally:
            with self._changed:
                del self._busy[endpoint]
                self._changed.notify_all()
