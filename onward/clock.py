"""Where time comes from: injected, so that ten days can pass in a test or a demo."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class OffsetClock:
    """The machine's clock plus an offset in seconds read from a file that several processes share.

    Rehearsals only: the demo and the end-to-end tests write the file to let days pass.
    """

    def __init__(self, path: Path) -> None:
        """Read the offset from *path*; a missing file means none."""
        self.path = path

    def now(self) -> datetime:
        """Return the shifted time in UTC."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """Return how far this clock runs ahead of the machine's."""
        try:
            return timedelta(seconds=float(self.path.read_text() or 0))
        except FileNotFoundError:
            return timedelta()

    def advance(self, by: timedelta) -> None:
        """Let *by* pass for every process that shares the file."""
        ahead = (self.offset() + by).total_seconds()
        scratch = self.path.with_suffix(".new")
        scratch.write_text(str(ahead))
        scratch.replace(self.path)


class ManualClock:
    """A clock that stands still until told otherwise, for tests."""

    def __init__(self, at: datetime) -> None:
        """Start at *at*."""
        self.at = at

    def now(self) -> datetime:
        """Return the moment last set."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Let *by* pass."""
        self.at += by
