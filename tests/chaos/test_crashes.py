"""Every service dies at every point where a crash could hurt, while handoffs go on; nothing is lost."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from onward.crashpoints import POINTS
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import WENT_WELL, Journey
from tests.support.processes import Process

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(1800)]
KILLED = 137
TOGETHER = 3
"""Handoffs under way at once."""
MOST = 200
"""Handoffs of one rehearsal: as many as it takes until every point was reached, but no more."""


@dataclass(slots=True)
class Doomed:
    """A service that dies at one point after another, and is started again each time."""

    process: Process
    points: list[str]
    died_at: list[str] = field(default_factory=list)
    given_up: threading.Event = field(default_factory=threading.Event)
    life: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        """Be ready to die."""
        self.life = threading.Thread(target=self._live, daemon=True)

    def _live(self) -> None:
        """Go through all the deaths."""
        self.process.stop()
        for point in self.points:
            self.process.start(ONWARD_CRASH_AT=point)
            while self.process.alive and not self.given_up.wait(0.05):
                pass
            if self.given_up.is_set():
                self.process.close()
                break
            if self.process.running.returncode == KILLED:
                self.died_at.append(point.partition(":")[0])
        self.process.start()


@contextmanager
def dying(stage: Stage, seed: int) -> Iterator[dict[str, Doomed]]:
    """Let every service die at every point meanwhile; leave them all alive."""
    dice = random.Random(seed)  # noqa: S311 - only shuffles
    doomed = {name: Doomed(stage.platform.processes[name], points(dice, seed)) for name in HEARS}
    for each in doomed.values():
        each.life.start()
    try:
        yield doomed
    finally:
        for each in doomed.values():
            each.given_up.set()
        for each in doomed.values():
            each.life.join()


def go_on(stage: Stage, doomed: Mapping[str, Doomed]) -> list[Journey]:
    """Hand people over, several at once, and look into the log, for as long as services die."""
    journeys: list[Journey] = []
    enough = threading.Event()

    def until_enough(work: Callable[[], None]) -> None:
        try:
            while not enough.is_set() and len(journeys) < MOST:
                work()
                if not any(each.life.is_alive() for each in doomed.values()):
                    break
        finally:
            enough.set()

    def travel() -> None:
        journeys.append(stage.journey())
        journeys[-1].whole()

    def look() -> None:
        stage.people.audit()
        enough.wait(0.5)

    with ThreadPoolExecutor(TOGETHER + 1) as pool:
        for done in [pool.submit(until_enough, work) for work in (look, *[travel] * TOGETHER)]:
            done.result()
    return journeys


def test_every_service_dies_at_every_point_and_every_handoff_ends_well_once(
    stage: Stage, seed: int, note: Note
) -> None:
    with dying(stage, seed) as doomed:
        journeys = go_on(stage, doomed)
    kills = sum(len(each.died_at) for each in doomed.values())
    counted = stage.promises_hold()
    assert all(stage.story(journey) in WENT_WELL for journey in journeys)
    for name, each in doomed.items():
        assert set(each.died_at) == set(POINTS), name
    note(
        f"`kill -9` of each service at each of {len(POINTS)} points",
        kills=kills,
        handoffs=len(journeys),
        **counted,
    )


def points(dice: random.Random, seed: int) -> list[str]:
    """Return every point in a random order, from the second seed on at a random visit to it."""
    return [
        f"{point}:{1 if seed == 0 else dice.randint(1, 4)}"
        for point in dice.sample(POINTS, len(POINTS))
    ]
