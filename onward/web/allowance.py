"""How much one organisation may ask for: so many requests a second, with room for a burst."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

FORGET_ABOVE: Final = 10_000
"""Buckets kept at most; full ones are forgotten first, which costs their owners nothing."""


class Allowance:
    """A token bucket per key, in this process only: replicas each give out their own."""

    def __init__(
        self, *, per_second: float, burst: int, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Give out *per_second* requests, and up to *burst* at once."""
        self._per_second = per_second
        self._burst = float(burst)
        self._timer = timer
        self._lock = Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """Take one request from *key*; return 0.0, or the seconds to wait when none is left."""
        now = self._timer()
        with self._lock:
            tokens = self._tokens(key, now)
            granted = tokens >= 1
            self._buckets[key] = (tokens - 1 if granted else tokens, now)
            if len(self._buckets) > FORGET_ABOVE:
                self._forget(now)
        return 0.0 if granted else (1 - tokens) / self._per_second

    def _tokens(self, key: str, now: float) -> float:
        tokens, since = self._buckets.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - since) * self._per_second)

    def _forget(self, now: float) -> None:
        full = [key for key in self._buckets if self._tokens(key, now) >= self._burst - 1]
        for key in full or list(self._buckets)[: FORGET_ABOVE // 2]:
            del self._buckets[key]
