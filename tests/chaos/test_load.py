"""Ten thousand events at once, and services that are restarted while a thousand pass: nothing is lost."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
import sqlalchemy as sa

from onward import tables
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import patiently
from tests.chaos.traffic import PRODUCERS, ready, tell, travelling
from tests.support.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(900)]
BURST = 10_002
DRAINED = 120.0
OUTSTANDING = 60.0
"""Seconds within which nothing may be left under way: the research's table, rows 14 and 2."""
TIDE = 1_002
TOLD = sa.select(
    tables.outbox.c.stream, sa.func.count(), sa.func.count(tables.outbox.c.sent_at)
).group_by(tables.outbox.c.stream)
HEARD = sa.select(sa.func.count()).select_from(tables.inbox)


def settle(stage: Stage, *, within: float) -> float:
    """Return after how many seconds nothing was under way any more."""
    begun = time.monotonic()
    eventually(lambda: not under_way(stage), within=within, why="nothing is under way")
    return time.monotonic() - begun


def under_way(stage: Stage) -> bool:
    """Tell, with few words to the databases, whether some service has yet to send or hear something."""
    told: Counter[str] = Counter()
    for name in HEARS:
        for stream, events, sent in stage.promises.records.rows(name, TOLD):
            told[stream] += events
            if sent < events:
                return True
    return any(
        stage.promises.records.rows(name, HEARD)[0][0]
        < sum(count for stream, count in told.items() if "#" in streams or stream in streams)
        for name, streams in HEARS.items()
    )


def test_ten_thousand_events_from_three_services_at_once_are_heard_in_time(
    stage: Stage, note: Note
) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(len(PRODUCERS)) as pool:
        share = BURST // len(PRODUCERS)
        told = sum(pool.map(lambda name: tell(stage, name, share, each=50), PRODUCERS))
    written = time.monotonic() - begun
    settle(stage, within=DRAINED - written)
    drained = time.monotonic() - begun
    counted = stage.promises_hold()
    assert told >= 10_000
    note(
        "a burst of 10,000 events from three services",
        told=told,
        most_seconds_to_write=written,
        most_seconds_until_all_was_heard=drained,
        **counted,
    )


def in_order(names: Iterable[str]) -> list[str]:
    return sorted(names)


def in_opposite_order(names: Iterable[str]) -> list[str]:
    return sorted(names, reverse=True)


@pytest.mark.parametrize("order", [in_order, in_opposite_order])
def test_every_service_is_restarted_in_turn_while_a_thousand_events_pass(
    stage: Stage, order: Callable[[Iterable[str]], list[str]], note: Note
) -> None:
    done = Event()
    stops: list[float] = []
    with ThreadPoolExecutor(len(PRODUCERS)) as pool, travelling(stage) as journeys:
        share = TIDE // len(PRODUCERS)
        telling = [pool.submit(tell, stage, name, share, each=6, pace=done) for name in PRODUCERS]
        try:
            for name in order(HEARS):
                process = stage.platform.processes[name]
                code, seconds = process.stop()
                assert code == 0, name
                stops.append(seconds)
                process.start()
                patiently(partial(ready, stage, name), f"{name} is back")
        finally:
            done.set()
        told = sum(each.result() for each in telling)
    outstanding = settle(stage, within=OUTSTANDING)
    counted = stage.promises_hold()
    assert told >= 1_000
    note(
        "every service restarted in turn while handoffs and events pass",
        told=told,
        handoffs=len(journeys),
        most_seconds_to_stop=max(stops),
        most_seconds_until_nothing_was_outstanding=outstanding,
        **counted,
    )
