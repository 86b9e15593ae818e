"""People who refer others at a steady pace, whatever is broken behind the services they talk to."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.journeys import Journey, People
from tests.support.waiting import eventually

PACE = 0.25
"""Seconds between two referrals."""
AT_ONCE = 0.01
"""Seconds of patience that leave time for one try."""


@dataclass(slots=True)
class Intake:
    """What was referred so far, and how long the slowest answer took."""

    people: People
    referrals: int = 0
    slowest: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None

    def lasts(self, seconds: float) -> None:
        """Let it go on for so long."""
        self.stopped.wait(seconds)
        assert self.failure is None, self.failure

    def reaches(self, referrals: int) -> None:
        """Let it go on until there are so many."""
        eventually(lambda: self.failure or self.referrals >= referrals, within=60)

    def run(self) -> None:
        """Refer one after the other; each is asked for once and has to be answered."""
        try:
            while not self.stopped.wait(PACE):
                begun = time.monotonic()
                Journey(self.people).refer(within=AT_ONCE)
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.referrals += 1
        except BaseException as failure:  # noqa: BLE001 - raised where the block ends
            self.failure = failure
            self.stopped.set()


@contextmanager
def intake(people: People) -> Iterator[Intake]:
    """Refer meanwhile; fail if one referral was not answered with success at the first try."""
    running = Intake(people)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.stopped.set()
        thread.join()
    if running.failure:
        raise running.failure
