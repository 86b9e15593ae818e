"""Let batches be handled side by side, except where one has to follow another.

Two batches that share a line, or a story (events with one correlation id follow from one another), take
turns in the order they came. Nothing is handled wrongly without this: what comes before its turn is parked
and waits. It saves that detour.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any

from onward.envelope import Envelope


class Turns:
    """Who comes after whom, among the batches under way in this process."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._last: dict[Any, Event] = {}
        """By what is shared: the newest batch that has it, set once that batch is through."""

    @contextmanager
    def taken(self, envelopes: Sequence[Envelope]) -> Iterator[None]:
        """Wait for the batches before this one that share something with it; hold up those after it.

        Nobody waits for a later one, so that no two ever wait for each other.
        """
        shared = {*(one.line for one in envelopes), *(one.correlation_id for one in envelopes)}
        before = {self._last[each] for each in shared if each in self._last}
        through = Event()
        self._last |= dict.fromkeys(shared, through)
        try:
            for one in before:
                one.wait()
            yield
        finally:
            through.set()
            for each in shared:
                if self._last.get(each) is through:
                    del self._last[each]
