"""Servers go away and come back, services restart, strangers send rubbish; handoffs go on."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from onward.codec import encode
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import REFERRALS, WENT_WELL, Journey, patiently
from tests.support import queues
from tests.support.events import told

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.broker,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("seed"),
]
ROUNDS = 3


@contextmanager
def travelling(stage: Stage) -> Iterator[list[Journey]]:
    """Have two people handed over again and again meanwhile; at the end see that all went well."""
    journeys: list[Journey] = []
    arrived = False

    def travel() -> None:
        while not arrived:
            journeys.append(stage.journey())
            journeys[-1].whole()

    with ThreadPoolExecutor(2) as pool:
        travels = [pool.submit(travel) for _ in range(2)]
        try:
            patiently(lambda: journeys or None, "set out")
            yield journeys
        finally:
            arrived = True
        for each in travels:
            each.result()
    for journey in journeys:
        assert stage.story(journey) in WENT_WELL


def test_two_who_are_accepted_at_once_get_the_last_bed_one_after_the_other(
    stage: Stage, note: Note
) -> None:
    for _ in range(ROUNDS):
        pair = [stage.journey(), stage.journey()]
        for journey in pair:
            journey.refer()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Journey.accept, pair))
        settled = [journey.await_status("offered", "waitlisted") for journey in pair]
        assert sorted(settled) == ["offered", "waitlisted"]
        first, second = pair if settled[0] == "offered" else reversed(pair)
        for journey in (first, second):
            journey.await_offer()
            journey.start()
            journey.complete()
        assert {stage.story(journey) for journey in pair} == WENT_WELL
    note("the last bed asked for twice at once", handoffs=2 * ROUNDS, **stage.promises_hold())


def test_rubbish_among_good_events_is_parked_and_stops_nobody(
    stage: Stage, seed: int, note: Note
) -> None:
    stranger = told(uuid4(), 1, source="stranger")
    unknown = encode(stranger).replace(b"directory.place-queued", b"referral.roof-repaired")
    rubbish = [b"{", b"\x80\x04pickle", unknown, f'{{"n": {seed}}}'.encode()]
    headers = {"nameko.call_id_stack": 5, "x-delivery-count": "many"}
    with travelling(stage) as journeys:
        for body in rubbish:
            queues.put_raw(stage.rabbit.uri, "referral.rubbish.v1", body, headers=headers)
    known = 0 if seed == 0 else 2  # the same bytes again are parked once only
    for service, streams in HEARS.items():
        if streams == ("#",) or "referral" in streams:
            stage.promises.poisoned[service] += len(rubbish) - known
    note("rubbish among good events", handoffs=len(journeys), **stage.promises_hold())


def test_the_broker_dies_and_comes_back(stage: Stage, note: Note) -> None:
    with travelling(stage) as journeys:
        stage.rabbit.kill()
        begun = time.monotonic()
        stage.journey().refer()
        assert time.monotonic() - begun < 20, "intake answers without a broker"
        stage.rabbit.start()
    note("the broker killed, and back", handoffs=len(journeys), kills=1, **stage.promises_hold())


def test_the_database_server_dies_and_comes_back(stage: Stage, note: Note) -> None:
    with travelling(stage) as journeys:
        stage.postgres.kill()
        patiently(lambda: answers(stage, 503), "say that the database is away")
        stage.postgres.start()
    note(
        "the database server killed, and back",
        handoffs=len(journeys),
        kills=1,
        **stage.promises_hold(),
    )


def answers(stage: Stage, status: int) -> bool | None:
    """Tell whether the list of referrals is answered with *status*, promptly and in due form."""
    begun = time.monotonic()
    answer = stage.people.ward.http.get(REFERRALS, timeout=20)
    assert time.monotonic() - begun < 20
    assert answer.is_success or answer.headers["Content-Type"] == "application/problem+json"
    return True if answer.status_code == status else None


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
def test_every_service_is_restarted_in_turn_under_load(
    stage: Stage, order: Callable[[object], list[str]], note: Note
) -> None:
    with travelling(stage) as journeys:
        for name in order(HEARS):
            process = stage.platform.processes[name]
            code, _ = process.stop()
            assert code == 0, name
            process.start()
            patiently(lambda name=name: ready(stage, name), f"{name} is back")  # type: ignore[misc]
    note("every service restarted in turn", handoffs=len(journeys), **stage.promises_hold())


def ready(stage: Stage, name: str) -> bool | None:
    """Tell whether service *name* says so."""
    answer = stage.people.ward.http.get(f"/{name}/readyz")
    return True if answer.status_code == httpx.codes.OK else None
