"""Three brokers in one cluster of which the leading one dies, freezes or is cut off."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onward.servers import LocalPostgres, LocalRabbit, ServerError
from onward.servers.process import free_port
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.journeys import People
from tests.chaos.pipeline import HEARER, Pipeline, piping
from tests.chaos.promises import Promises
from tests.chaos.traffic import travelling
from tests.support.cluster import Cluster
from tests.support.databases import Databases
from tests.support.fixtures import NO_BROKER
from tests.support.platforms import distributed
from tests.support.processes import Process
from tests.support.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(900)]
QUEUE = f"onward.{HEARER}"
DOUBLES = "doubles"
EVENTS = 10_000
PER_BEAT = 50
GAP = 5.0
"""Seconds that may pass without an arrival when the leader dies (RabbitMQ alone: 2.55 s)."""
CUT_OFF_GAP = 20.0
"""The same when it only falls silent: first our own patience and the nodes' for each other run out."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        cluster = Cluster()
    except ServerError as error:
        pytest.skip(f"{NO_BROKER} {error}")
    with cluster:
        yield cluster


@pytest.fixture(scope="module")
def pipeline(
    cluster: Cluster, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("pipeline")
    with piping(databases, cluster.uri, folder, replicas=2) as pipeline:
        pipeline.hears_now()
        assert cluster.members(QUEUE) == 3
        yield pipeline


def killed(_cluster: Cluster, leader: LocalRabbit) -> Callable[[], object]:
    leader.kill()
    return leader.start


def frozen(_cluster: Cluster, leader: LocalRabbit) -> Callable[[], object]:
    leader.pause()
    return leader.resume


def parted(cluster: Cluster, leader: LocalRabbit) -> Callable[[], object]:
    cluster.part(leader)
    return lambda: cluster.rejoin(leader)


Hurt = Callable[[Cluster, LocalRabbit], Callable[[], object]]


@pytest.mark.parametrize(
    ("hurt", "seconds", "gap"),
    [
        (killed, 10.0, GAP),
        (parted, 10.0, GAP),
        (parted, 30.0, GAP),
        (frozen, 30.0, CUT_OFF_GAP),
    ],
)
def test_the_leading_node_is_lost_and_nothing_else(
    cluster: Cluster, pipeline: Pipeline, hurt: Hurt, seconds: float, gap: float, note: Note
) -> None:
    since = pipeline.now()
    with pipeline.under_load(PER_BEAT) as load:
        load.reaches(EVENTS // 5)
        heal = hurt(cluster, cluster.leader(QUEUE))
        load.lasts(seconds)
        heal()
        load.reaches(EVENTS)
        until = pipeline.now()
    counted = pipeline.settled(within=60)
    longest = pipeline.longest_gap(since, until)
    assert longest <= gap
    note(
        f"the leader of three nodes {hurt.__name__} for {seconds:.0f} s",
        confirmed=load.told + load.answers,
        most_seconds_without_an_arrival=longest,
        most_seconds_to_an_answer=load.slowest,
        **counted,
    )


def test_two_of_every_service_lose_a_leading_node_and_one_of_each_two(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, note: Note
) -> None:
    folder: Path = tmp_path_factory.mktemp("doubles")
    with LocalPostgres() as postgres:
        databases = Databases(postgres.uri)
        uri = cluster.virtual_host(DOUBLES)
        with distributed(folder, databases, uri) as platform, ExitStack() as stack:
            doubles = [double(process) for process in platform.processes.values()]
            for each in doubles:
                stack.callback(each.close)
            people = People.of(platform)
            scene = Stage(
                platform=platform,
                rabbit=cluster.nodes[0],
                postgres=postgres,
                people=people,
                promises=Promises(platform),
            )
            with travelling(scene) as journeys:
                leader = cluster.leader(QUEUE, DOUBLES)
                leader.kill()
                begun, so_far = time.monotonic(), len(journeys)
                eventually(lambda: len(journeys) > so_far + 2, within=60)
                away = time.monotonic() - begun
                leader.start()
                for each in doubles:
                    each.close()
            counted = scene.promises_hold()
            people.close()
    note(
        "two of every service: the leader of three nodes killed, then one of each two",
        handoffs=len(journeys),
        kills=1 + len(HEARS),
        most_seconds_for_two_more_handoffs=away,
        **counted,
    )


def double(process: Process) -> Process:
    """Start one more of the same service, at an address of its own."""
    listen = f"127.0.0.1:{free_port()}"
    log = process.log.with_suffix(".second.log")
    log.touch()
    second = Process(
        arguments=process.arguments,
        environ={**process.environ, "ONWARD_LISTEN": listen},
        log=log,
    )
    return second.start().ready()
