"""One partner asks a hundred times a second: it is told to wait, and the others hardly notice."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from onward.clock import ManualClock
from onward.identity import Actor
from tests.chaos import town
from tests.chaos.conftest import Note
from tests.chaos.together import Together, system, together
from tests.support.databases import Databases
from tests.support.serving import served

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUESTIONS, PER_SECOND = 60, 8
FLOOD_PER_SECOND, FLOODERS = 100, 10
INBOX = "/api/v1/handoffs"


@pytest.fixture(scope="module")
def here(databases: Databases) -> Iterator[Together]:
    limits = {"rate_per_second": 10, "rate_burst": 50}
    clock = ManualClock(NOON)
    with together(databases, clock, "directory", "referral", **limits) as running:
        town.publish(running)
        yield running


def paced(
    here: Together, origin: str, actor: Actor, stop: threading.Event, every: float
) -> Counter[int]:
    """Ask every so many seconds until told to stop; return how often which status came."""
    answered: Counter[int] = Counter()
    with httpx.Client(base_url=origin, headers=here.headers(actor)) as http:
        while not stop.wait(every):
            answered[http.get(INBOX).status_code] += 1
    return answered


def p95_ms(here: Together, origin: str, actor: Actor) -> float:
    """Ask at the allowed pace; return the 95th of 100 answers' milliseconds."""
    took = []
    pause = threading.Event()
    with httpx.Client(base_url=origin, headers=here.headers(actor)) as http:
        for _ in range(QUESTIONS):
            begun = time.perf_counter()
            assert http.get(INBOX).status_code == 200
            took.append((time.perf_counter() - begun) * 1000)
            pause.wait(1 / PER_SECOND)
    return statistics.quantiles(took, n=20)[-1]


def test_a_flood_is_refused_and_the_others_are_answered(here: Together, note: Note) -> None:
    with served(here.apps["referral"]) as origin, ThreadPoolExecutor(FLOODERS) as pool:
        quiet = p95_ms(here, origin, system(town.RESPONSE))
        stop = threading.Event()
        every = FLOODERS / FLOOD_PER_SECOND
        floods = [
            pool.submit(paced, here, origin, town.NURSE, stop, every) for _ in range(FLOODERS)
        ]
        flooded = p95_ms(here, origin, system(town.RESPONSE))
        stop.set()
        answered = sum((flood.result() for flood in floods), Counter[int]())
    assert set(answered) == {200, 429}
    assert answered[429] > answered[200]
    note(
        "one partner floods a service; another partner's 95th answer of 100",
        flood=answered.total(),
        refused=answered[429],
        most_quiet_ms=round(quiet, 1),
        most_flooded_ms=round(flooded, 1),
        most_ratio=round(flooded / quiet, 2),
    )
