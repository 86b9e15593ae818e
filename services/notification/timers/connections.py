"""Connections that webhook lanes leave open for a moment: a new one costs more than a call."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.notification.timers.pinned import Calls, Reach

IDLE: Final = 1.0
"""Seconds that a connection is left open for the next call to the same endpoint."""
CHECKED: Final = 60.0
"""Seconds after which a name is looked up and checked anew, however busy its connection is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """A connection that nobody uses."""

    calls: Calls
    opened: float
    since: float


class Connections:
    """The connections of this process to its endpoints, as far as they are not in use."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic) -> None:
        """Keep none yet; *timer* tells seconds."""
        self._timer = timer
        self._left: dict[UUID, _Left] = {}

    @contextmanager
    def calls(self, endpoint_id: UUID, url: str, reach: Reach) -> Iterator[Calls]:
        """Lend calls to the *url* of one endpoint, which nobody else calls meanwhile."""
        self.hang_up_idle()
        left = self._left.pop(endpoint_id, None)
        calls, opened = (left.calls, left.opened) if left else (Calls(url, reach), self._timer())
        try:
            yield calls
        except BaseException:
            calls.hang_up()
            raise
        if calls.goes_on:
            self._left[endpoint_id] = _Left(calls=calls, opened=opened, since=self._timer())
        else:
            calls.hang_up()

    def hang_up_idle(self) -> None:
        """Close what nobody has used for `IDLE`, and what was checked `CHECKED` ago."""
        now = self._timer()
        for endpoint_id, left in list(self._left.items()):
            if now - left.since > IDLE or now - left.opened > CHECKED:
                self._hang_up(endpoint_id)

    def close(self) -> None:
        """Close all that are left open."""
        for endpoint_id in list(self._left):
            self._hang_up(endpoint_id)

    def _hang_up(self, endpoint_id: UUID) -> None:
        """Close a connection, unless a lane took it while another was closed: whoever takes one owns it."""
        if left := self._left.pop(endpoint_id, None):
            left.calls.hang_up()
