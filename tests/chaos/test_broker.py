"""Brokers that go away, fall silent or take nothing, and networks that lose what is said."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from onward import relay
from onward.servers import LocalRabbit, ServerError
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.intake import intake
from tests.chaos.journeys import People
from tests.chaos.pipeline import HEARER, Pipeline, piping
from tests.chaos.promises import Promises
from tests.support import queues
from tests.support.databases import Databases
from tests.support.fixtures import NO_BROKER
from tests.support.platforms import Platform, distributed
from tests.support.proxy import Mode, Proxy
from tests.support.waiting import eventually

pytestmark = [pytest.mark.broker]
PATIENCE = 5.0
"""Seconds that no answer to a request may take, whatever the broker does."""
BACK = 10.0
"""Seconds after a broker's return within which every service consumes again."""
DRAINED = 30.0
HELD = 30.0
"""Seconds that a fault of the campaign lasts."""
HASTY = "onward.link.HEARTBEAT=1 onward.link.PATIENCE=1 __main__.SLOW=0.2"
"""Makes a process give up sooner, so that the short form is short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A pipeline, the broker it uses, and what stands in between."""

    pipeline: Pipeline
    rabbit: LocalRabbit
    proxy: Proxy


@pytest.fixture(scope="module")
def rabbit() -> Iterator[LocalRabbit]:
    try:
        rabbit = LocalRabbit()
    except ServerError as error:
        pytest.skip(f"{NO_BROKER} {error}")
    with rabbit:
        yield rabbit


@pytest.fixture(scope="module")
def scene(
    rabbit: LocalRabbit, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("pipeline")
    with Proxy(rabbit.port) as proxy:
        uri = proxy.in_front_of(rabbit.uri)
        with piping(databases, uri, folder, changes=HASTY) as pipeline:
            pipeline.hears_now()
            yield Scene(pipeline=pipeline, rabbit=rabbit, proxy=proxy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The four services behind one faulty network to their broker."""

    platform: Platform
    proxy: Proxy
    people: People
    promises: Promises


@pytest.fixture(scope="module")
def town(
    rabbit: LocalRabbit, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with Proxy(rabbit.port) as proxy:
        uri = proxy.in_front_of(rabbit.uri)
        with distributed(folder, databases, uri) as platform:
            people, promises = People.of(platform), Promises(platform)
            promises.settle()  # else a service may not have heard yet of those it is asked about
            yield Town(platform=platform, proxy=proxy, people=people, promises=promises)
            people.close()


@pytest.mark.parametrize("mode", Mode)
def test_a_faulty_network_loses_nothing_and_holds_nobody_up(
    scene: Scene, mode: Mode, note: Note
) -> None:
    with scene.pipeline.under_load() as load:
        load.reaches(20)
        with scene.proxy.failing(mode):
            load.reaches(120)
        seconds = scene.pipeline.hears_now()
    counted = scene.pipeline.settled()
    assert load.slowest < PATIENCE
    assert seconds < BACK
    note(
        f"short form: the network to the broker is {mode}",
        requests=load.answers,
        most_seconds_to_an_answer=load.slowest,
        most_seconds_until_heard_again=seconds,
        **counted,
    )


@contextmanager
def disk_alarm(rabbit: LocalRabbit) -> Iterator[None]:
    """Let the broker find its disk full for a while."""
    rabbit.ctl("set_disk_free_limit", "100000GB")
    try:
        yield
    finally:
        rabbit.ctl("set_disk_free_limit", "50MB")


@contextmanager
def memory_alarm(rabbit: LocalRabbit) -> Iterator[None]:
    """Let the broker find its memory full for a while."""
    rabbit.ctl("set_vm_memory_high_watermark", "0")
    try:
        yield
    finally:
        rabbit.ctl("set_vm_memory_high_watermark", "0.4")


@contextmanager
def frozen(rabbit: LocalRabbit) -> Iterator[None]:
    """Let the broker stand still for a while."""
    rabbit.pause()
    try:
        yield
    finally:
        rabbit.resume()


Fault = Callable[[LocalRabbit], AbstractContextManager[None]]


def test_a_broker_that_takes_nothing_is_not_sent_the_same_at_each_try(
    scene: Scene, note: Note
) -> None:
    (teller,) = scene.pipeline.tellers
    waited = len(teller.said("relay-waits"))
    known = queues.ready(scene.rabbit.uri, "audit")  # nobody hears it here: each copy stays
    with scene.pipeline.under_load() as load:
        with disk_alarm(scene.rabbit):
            eventually(lambda: len(teller.said("relay-waits")) >= waited + 3, within=30)
        seconds = scene.pipeline.hears_now()
    counted = scene.pipeline.settled()
    copies = queues.ready(scene.rabbit.uri, "audit") - known - load.told - 1
    assert 0 <= copies <= relay.BATCH
    assert load.slowest < PATIENCE
    note(
        "short form: disk alarm of the broker",
        requests=load.answers,
        most_copies=copies,
        most_seconds_to_an_answer=load.slowest,
        most_seconds_until_heard_again=seconds,
        **counted,
    )


@pytest.mark.chaos
def test_what_reaches_no_queue_stays_pending_and_is_said(scene: Scene, note: Note) -> None:
    (hearer,), (teller,) = scene.pipeline.hearers, scene.pipeline.tellers
    said = len(teller.said("events-unroutable"))
    hearer.stop()
    with queues.channel(scene.rabbit.uri) as channel:
        for name in HEARS:
            channel.queue_delete(f"onward.{name}")
    subject = scene.pipeline.tell(30)
    eventually(lambda: len(teller.said("events-unroutable")) > said)
    hearer.start().ready()
    counted = scene.pipeline.settled()
    assert scene.pipeline.heard(subject) == 30
    note("every queue deleted: events reach none", **counted)


@pytest.mark.chaos
@pytest.mark.parametrize("hearing", ["away", "there"])
def test_what_one_deleted_queue_held_or_missed_is_sent_again_unasked(
    scene: Scene, hearing: str, note: Note
) -> None:
    (hearer,), (teller,) = scene.pipeline.hearers, scene.pipeline.tellers
    said = len(teller.said("queue-lost"))
    if hearing == "away":
        hearer.stop()
        held = scene.pipeline.tell(30)
        eventually(lambda: queues.ready(scene.rabbit.uri, HEARER) == 30)
    else:
        held = scene.pipeline.tell(
            30, what="slow"
        )  # in the hands of a hearer whom it takes seconds
    with queues.channel(scene.rabbit.uri) as channel:
        channel.queue_delete(f"onward.{HEARER}")
    missed = scene.pipeline.tell(30)  # other queues take these
    eventually(lambda: len(teller.said("queue-lost")) > said)
    if hearing == "away":
        hearer.start().ready()
    counted = scene.pipeline.settled()
    assert scene.pipeline.heard(held) == scene.pipeline.heard(missed) == 30
    (lost,) = teller.said("queue-lost")[said:]
    note(
        f"one queue deleted with all in it, its service {hearing}",
        sent_again=lost["events"],
        **counted,
    )


def test_a_handler_slower_than_heartbeats_keeps_its_connection(scene: Scene, note: Note) -> None:
    (hearer,) = scene.pipeline.hearers
    waited = len(hearer.said("consumer-waits"))
    scene.pipeline.tell(12, what="slow")  # more than two heartbeats long, in one transaction
    counted = scene.pipeline.settled()
    assert len(hearer.said("consumer-waits")) == waited
    note("short form: a slow handler", **counted)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_a_faulty_network_between_four_services_and_their_broker_loses_nothing(
    town: Town, mode: Mode, note: Note
) -> None:
    with intake(town.people) as load:
        load.reaches(3)
        with town.proxy.failing(mode):
            load.lasts(HELD)
    counted, seconds = drained(town.promises)
    assert load.slowest < PATIENCE
    note(
        f"the network between every service and the broker is {mode} for {HELD:.0f} s",
        referrals=load.referrals,
        most_seconds_to_an_answer=load.slowest,
        most_seconds_to_drain=seconds,
        **counted,
    )


def drained(promises: Promises) -> tuple[dict[str, int], float]:
    """See every promise kept, in time; return what was counted and after how many seconds."""
    begun = time.monotonic()
    promises.settle(within=DRAINED)
    seconds = time.monotonic() - begun
    counted = promises.hold()
    wrong = {"lost": counted.lost, "doubled": counted.doubled, "disordered": counted.disordered}
    return wrong, seconds


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fault", "name"),
    [(frozen, "frozen"), (disk_alarm, "in a disk alarm"), (memory_alarm, "in a memory alarm")],
)
def test_a_broker_that_takes_nothing_stops_no_intake(
    stage: Stage, fault: Fault, name: str, note: Note
) -> None:
    with intake(stage.people) as load:
        load.reaches(3)
        with fault(stage.rabbit):
            load.lasts(HELD)
    counted, seconds = drained(stage.promises)
    assert load.slowest < PATIENCE
    note(
        f"the broker {name} for {HELD:.0f} s",
        referrals=load.referrals,
        most_seconds_to_an_answer=load.slowest,
        most_seconds_to_drain=seconds,
        **counted,
    )


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("away", [10.0, 360.0])
def test_a_killed_broker_is_consumed_from_soon_after_its_return(
    stage: Stage, away: float, note: Note
) -> None:
    with intake(stage.people) as load:
        load.reaches(3)
        stage.rabbit.kill()
        try:
            load.lasts(away)
        finally:
            stage.rabbit.start()
        begun = time.monotonic()
        eventually(lambda: all(queues.consumers(stage.rabbit.uri, name) for name in HEARS))
        back = time.monotonic() - begun
    counted, seconds = drained(stage.promises)
    assert back <= BACK
    assert load.slowest < PATIENCE
    note(
        f"the broker killed for {away:.0f} s under load",
        referrals=load.referrals,
        most_seconds_to_an_answer=load.slowest,
        most_seconds_until_consuming=back,
        most_seconds_to_drain=seconds,
        **counted,
    )
