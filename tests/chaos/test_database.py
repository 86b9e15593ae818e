"""The database is restarted, cut off, read-only or full, and nothing is parked because of it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Event
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from onward.green import DOUBT
from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.ear import Ear, listening
from tests.chaos.journeys import patiently
from tests.chaos.sabotage import Saboteur
from tests.chaos.traffic import PROMPTLY, refusal, travelling
from tests.support.databases import Databases
from tests.support.events import line
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

pytestmark = pytest.mark.broker
AWAITED = 2
"""Times the service tries in vain before the fault is mended."""
STRIKES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A service, what stands before its database, and who hurts that."""

    ear: Ear
    proxy: Proxy
    saboteur: Saboteur


@pytest.fixture(scope="module")
def scene(
    databases: Databases, module_amqp_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    port = sa.make_url(databases.admin_url).port
    assert port
    folder = tmp_path_factory.mktemp("scene")
    with (
        Proxy(port) as proxy,
        listening(
            databases,
            module_amqp_uri,
            folder,
            through=lambda database: proxy.in_front_of(database.app_url),
        ) as ear,
    ):
        saboteur = Saboteur(databases.admin_url, [ear.database.owner_url])
        yield Scene(ear=ear, proxy=proxy, saboteur=saboteur)


def tries(scene: Scene) -> int:
    """Return how often the service has waited for its database so far."""
    return len(scene.ear.process.said("database-awaited"))


def keeps_its_word(ear: Ear, accepted: list[UUID]) -> None:
    """See every accepted request's event sent once, and none for a request without effect."""
    eventually(lambda: set(accepted) <= set(ear.sent()), within=30)
    eventually(lambda: ear.sent() == ear.asked())
    assert len(set(ear.sent())) == len(ear.sent())


@pytest.mark.parametrize(
    ("fault", "name"),
    [(Saboteur.read_only, "the database is read-only"), (Saboteur.full, "its disk is full")],
)
def test_a_database_that_takes_no_writes_is_waited_for(
    scene: Scene,
    fault: Callable[[Saboteur], AbstractContextManager[None]],
    name: str,
    note: Note,
) -> None:
    events, before, refused = line(uuid4(), 60), tries(scene), uuid4()
    scene.ear.tell(*events[:10])
    with fault(scene.saboteur):
        scene.ear.tell(*events[10:])
        eventually(lambda: tries(scene) >= before + AWAITED, within=30)
        assert not scene.ear.ask(refused)
    accepted = uuid4()
    eventually(lambda: scene.ear.ask(accepted))
    counted = scene.ear.heard_all()
    assert not scene.ear.parked()
    keeps_its_word(scene.ear, [accepted])
    assert refused not in scene.ear.asked()
    note(f"{name} while one service hears events", waits=tries(scene) - before, **counted)


def end_sessions(scene: Scene) -> int:
    return scene.saboteur.end_sessions()


def cut(scene: Scene) -> int:
    before = scene.proxy.connections
    scene.proxy.cut()
    return eventually(lambda: scene.proxy.connections - before, within=30)


@pytest.mark.parametrize(
    ("strike", "name"),
    [(end_sessions, "the database ends its connections"), (cut, "its connections are cut")],
)
def test_connections_that_end_again_and_again_cost_nothing_but_time(
    scene: Scene, strike: Callable[[Scene], int], name: str, note: Note
) -> None:
    enough, accepted = Event(), list[UUID]()

    def go_on() -> None:
        while not enough.is_set():
            asked = uuid4()
            scene.ear.tell(*line(uuid4(), 5))
            accepted.extend([asked] if scene.ear.ask(asked) else [])

    ended = 0
    with ThreadPoolExecutor(1) as pool:
        going_on = pool.submit(go_on)
        try:
            for _ in range(STRIKES):
                ended += eventually(lambda: strike(scene), within=30)
        finally:
            enough.set()
        going_on.result()
    counted = scene.ear.heard_all()
    assert not scene.ear.parked()
    keeps_its_word(scene.ear, accepted)
    note(f"{name} again and again", ended=ended, requests=len(accepted), **counted)


@pytest.fixture
def saboteur(stage: Stage) -> Saboteur:
    """Lend who hurts the four services' databases all at once."""
    environ = stage.platform.environ
    owners = [environ[f"ONWARD_{name.upper()}_OWNER_DATABASE_URL"] for name in HEARS]
    return Saboteur(stage.postgres.uri, owners)


@contextmanager
def killed(stage: Stage, _saboteur: Saboteur) -> Iterator[None]:
    stage.postgres.kill()
    yield
    stage.postgres.start()


@contextmanager
def stopped_at_once(stage: Stage, _saboteur: Saboteur) -> Iterator[None]:
    """Do what ``pg_ctl stop -m immediate`` does."""
    assert stage.postgres.pid
    os.kill(stage.postgres.pid, signal.SIGQUIT)
    stage.postgres.stop(keep=True)
    yield
    stage.postgres.start()


@contextmanager
def read_only(_stage: Stage, saboteur: Saboteur) -> Iterator[None]:
    with saboteur.read_only():
        yield


@contextmanager
def full(_stage: Stage, saboteur: Saboteur) -> Iterator[None]:
    with saboteur.full():
        yield


OUTAGES = {
    "the database server killed, and back": killed,
    "the database server stopped with `-m immediate`, and back": stopped_at_once,
    "every database read-only, and back": read_only,
    "every database's disk full, and room again": full,
}


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("seed")
@pytest.mark.parametrize("name", OUTAGES)
def test_handoffs_go_on_after_an_outage_and_requests_meanwhile_are_answered_503(
    stage: Stage, saboteur: Saboteur, name: str, note: Note
) -> None:
    with travelling(stage) as journeys:
        with OUTAGES[name](stage, saboteur):
            refused = patiently(lambda: refusal(stage), "say that the database is away")
        begun = time.monotonic()
        before = len(journeys)
        patiently(lambda: len(journeys) > before + 1 or None, "go on")
        back = time.monotonic() - begun
    note(
        name,
        handoffs=len(journeys),
        most_seconds_to_say_503=refused,
        most_seconds_until_two_more_set_out=back,
        **stage.promises_hold(),
    )


def test_a_database_that_falls_silent_holds_no_request_up_for_long(
    scene: Scene, note: Note
) -> None:
    asked = [uuid4(), uuid4()]
    eventually(lambda: scene.ear.ask(uuid4()))
    scene.ear.tell(*line(uuid4(), 5))
    scene.proxy.silence()
    begun = time.monotonic()
    try:
        with ThreadPoolExecutor(len(asked)) as pool:
            assert not any(pool.map(scene.ear.ask, asked))
        seconds = time.monotonic() - begun
    finally:
        scene.proxy.resume()
    assert seconds < PROMPTLY
    scene.ear.tell(*line(uuid4(), 5))
    counted = scene.ear.heard_all(within=60)
    assert not scene.ear.parked()
    note("the database falls silent", most_seconds_to_refuse=seconds, **counted)


@pytest.mark.chaos
def test_a_query_that_only_takes_its_time_is_waited_for(scene: Scene) -> None:
    url = f"http://{scene.ear.process.environ['ONWARD_LISTEN']}/slow?seconds={DOUBT + 1}&bytes=1"
    answer = httpx.post(url, timeout=20, trust_env=False)
    assert answer.is_success
