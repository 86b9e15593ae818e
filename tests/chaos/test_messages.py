"""Messages come twice, shuffled, poisoned or deadly, and each good one has its effect once."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pika.exceptions
import pytest
import sqlalchemy as sa

from onward import parking, tables
from onward.clock import OffsetClock, SystemClock
from onward.codec import LARGEST, encode
from onward.database import Database
from onward.envelope import Envelope
from onward.errors import ConflictError
from onward.inbox import SUSPECT
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.ear import NAME, Ear, listening
from tests.chaos.traffic import travelling
from tests.support import queues
from tests.support.databases import Databases
from tests.support.events import ACTOR, line, told
from tests.support.proxy import Proxy
from tests.support.sample import CANARY, Store
from tests.support.waiting import eventually

pytestmark = pytest.mark.broker
LINES, LENGTH, TIMES, CUTS = 30, 10, 3, 6
HARMLESS = {"hostile headers", "a slow handler"}
Put = Callable[[Ear], str | None]
"""Puts one message on the queue; returns the code under which it has to be parked, if it has to."""
HOSTILE = {
    "nameko.call_id_stack": 5,
    "nameko.user_id": "root",
    "x-delivery-count": "many",
    "deep": {"a": [{"b": 1}]},
}


@pytest.fixture(scope="module")
def proxies(module_amqp_uri: str) -> Iterator[Sequence[Proxy]]:
    port = urlsplit(module_amqp_uri).port
    assert port
    with ExitStack() as stack:
        yield [stack.enter_context(Proxy(port)) for _ in range(2)]


@pytest.fixture(scope="module")
def ear(
    databases: Databases,
    module_amqp_uri: str,
    proxies: Sequence[Proxy],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ear]:
    """Lend a service of two replicas, each with a way of its own to the broker."""
    ways = [proxy.in_front_of(module_amqp_uri) for proxy in proxies]
    folder = tmp_path_factory.mktemp("ear")
    with listening(databases, module_amqp_uri, folder, ways=ways) as ear:
        yield ear


def test_everything_thrice_and_shuffled_to_two_consumers_has_one_effect_in_order(
    ear: Ear, proxies: Sequence[Proxy], seed: int, note: Note
) -> None:
    dice = random.Random(seed)  # noqa: S311 - only shuffles
    deliveries = [event for _ in range(LINES) for event in line(uuid4(), LENGTH)] * TIMES
    dice.shuffle(deliveries)
    size = len(deliveries) // CUTS
    for cut in range(CUTS):  # whoever consumes loses what it holds to the other one
        ear.tell(*deliveries[cut * size : (cut + 1) * size])
        proxies[cut % len(proxies)].cut()
    counted = ear.heard_all()
    eventually(lambda: queues.ready(ear.amqp_uri, NAME) == 0, within=30)
    eventually(lambda: not ear.parked(), within=30)
    assert ear.heard_all() == counted, "and none has another one later"
    assert all(process.said("consumer-waits") for process in ear.processes)
    note(
        "every message three times, shuffled, to two consumers that lose their connections",
        deliveries=len(deliveries),
        cuts=CUTS,
        **counted,
    )


def unreadable(change: Callable[[bytes], bytes], code: str) -> Put:
    """Return what puts one event on the queue, changed so that it cannot be read."""

    def put(ear: Ear) -> str | None:
        envelope = told(uuid4(), 1)
        body = change(encode(envelope))
        try:
            queues.put_raw(ear.amqp_uri, envelope.event.key, body, headers=HOSTILE)
        except pika.exceptions.ChannelClosedByBroker:
            return None  # a broker set up as ours takes no message that large
        return code

    return put


def failing(what: str, code: str) -> Put:
    """Return what puts one event on the queue whose handler fails."""

    def put(ear: Ear) -> str:
        queues.put(ear.amqp_uri, told(uuid4(), 1, what=what))
        return code

    return put


def slow(ear: Ear) -> None:
    ear.tell(told(uuid4(), 1, what="slow"))


def hostile(ear: Ear) -> None:
    envelope = told(uuid4(), 1)
    ear.told[envelope.id] = envelope
    queues.put_raw(ear.amqp_uri, envelope.event.key, encode(envelope), headers=HOSTILE)


POISONS: Mapping[str, Put] = {
    "hostile headers": hostile,
    "broken JSON": unreadable(lambda body: body[:-9], "broken-json"),
    "wrong schema": unreadable(lambda body: body.replace(b"band", b"bend"), "wrong-schema"),
    "unknown type": unreadable(
        lambda body: body.replace(b"place-queued", b"roof-mended"), "unknown-type"
    ),
    "oversize": unreadable(lambda body: body + b" " * LARGEST, "oversize"),
    "a handler that crashes": failing("broken", "ValueError"),
    "a handler that refuses for good": failing("poison", "never-works"),
    "a handler that never ends": failing("stuck", "OperationalError"),
    "a slow handler": slow,
}


@pytest.mark.parametrize("name", POISONS)
def test_one_poison_among_a_hundred_is_parked_alone_and_stops_nobody(
    ear: Ear, name: str, note: Note
) -> None:
    before, heard = ear.parked(), len(ear.told)
    ear.tell(*[told(uuid4(), 1) for _ in range(50)])
    code = POISONS[name](ear)
    ear.tell(*[told(uuid4(), 1) for _ in range(49)])
    counted = ear.heard_all()
    eventually(lambda: ear.parked() - before == Counter([code] if code else []), within=20)
    assert all(process.alive for process in ear.processes)
    assert not any(CANARY in process.log.read_text() for process in ear.processes)
    handled = len(ear.told) - heard
    assert handled == (100 if name in HARMLESS else 99)
    note(
        f"poison, {name}: Onward",
        handled=handled,
        of=100,
        parked=1 if code else 0,
        lost=counted["lost"],
        doubled=counted["doubled"],
    )


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_an_event_that_ends_its_process_each_time_is_parked_and_the_others_are_handled(
    databases: Databases, amqp_uri: str, tmp_path: Path, note: Note
) -> None:
    clock = OffsetClock(tmp_path / "clock")
    settings = {"ONWARD_CLOCK_OFFSET_FILE": str(clock.path)}
    with listening(databases, amqp_uri, tmp_path, settings=settings) as ear:
        starts = 1
        ear.tell(*[told(uuid4(), 1) for _ in range(50)])
        queues.put(amqp_uri, told(uuid4(), 1, what="deadly"))
        ear.tell(*[told(uuid4(), 1) for _ in range(49)])
        deaths_before_the_others = 0
        while True:
            eventually(lambda: not ear.process.alive or given_up(ear), within=30)
            if ear.process.alive:
                break
            deaths_before_the_others += not ear.has_heard()
            clock.advance(timedelta(days=1))  # the pause before the next try
            ear.process.start()
            starts += 1
        counted = ear.heard_all()
        # Those that were set apart though they had had their effect are seen through one by one.
        eventually(lambda: ear.parked() == Counter(["never-finished"]), within=60)
        assert starts - 1 == SUSPECT + 1 + len(parking.PAUSES)
    note(
        "poison, a handler that ends its process: Onward",
        handled=99,
        of=100,
        parked=1,
        lost=counted["lost"],
        doubled=counted["doubled"],
        starts=starts,
        deaths_before_the_others=deaths_before_the_others,
    )


def given_up(ear: Ear) -> bool:
    return "never-finished" in ear.parked()


def test_what_was_parked_is_driven_again_twice_and_has_one_effect(ear: Ear, note: Note) -> None:
    envelope = told(uuid4(), 1)
    database = Database(
        source=NAME,
        engine=ear.engine,
        store=lambda connection: Store(connection=connection),
        clock=SystemClock(),
    )
    queues.put_raw(ear.amqp_uri, envelope.event.key, encode(envelope).replace(b"band", b"bend"))
    which = eventually(lambda: parked_as(ear, envelope))
    assert which
    with ear.engine.begin() as connection:  # what an upgrade does, as far as the row can tell
        mended = sa.update(tables.parked).where(tables.parked.c.id == which)
        connection.execute(mended.values(body=encode(envelope)))
    ear.told[envelope.id] = envelope
    with ThreadPoolExecutor(2) as pool:
        twice = [pool.submit(parking.retry, database, which, by=ACTOR) for _ in range(2)]
        decided = sum(each.exception() is None for each in twice)
    assert decided >= 1
    counted = ear.heard_all()
    eventually(lambda: not parked_as(ear, envelope))
    with pytest.raises(ConflictError, match="already-decided"):
        parking.retry(database, which, by=ACTOR)
    ear.tell(envelope)
    ear.tell(told(envelope.subject, 2))
    assert ear.heard_all()["events"] == counted["events"] + 1
    note("what was parked is driven again, twice at once and once more", effects=1, doubled=0)


def parked_as(ear: Ear, envelope: Envelope) -> UUID | None:
    """Return the id under which *envelope* waits for a decision, if it does."""
    row = tables.parked.c
    query = sa.select(row.id).where(row.event_id == envelope.id, row.status.in_(parking.OPEN))
    with ear.engine.connect() as connection:
        found: UUID | None = connection.scalar(query)
        return found


@pytest.mark.chaos
@pytest.mark.timeout(600)
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
    note("rubbish among the events of handoffs", handoffs=len(journeys), **stage.promises_hold())
