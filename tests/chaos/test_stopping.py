"""Processes asked to stop at the worst moment, and handlers that take their time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import sqlalchemy as sa

from onward.topology import HEARS
from tests.chaos.conftest import Note, Stage
from tests.chaos.ear import NAME, Ear, listening
from tests.support import queues
from tests.support.databases import Databases
from tests.support.events import line, told
from tests.support.proxy import Mode, Proxy
from tests.support.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(600)]
HANDLER = 8
"""Seconds that the long handler takes."""
GRACE = 2.0
"""Seconds that a stop may take beyond its handler, or in all where there is no broker."""
PATIENCE = 5.0
SLACK = 1.0
"""Seconds on top for a loaded machine, on which Python alone takes that long to start and end."""
MEBIBYTE = 1 << 20

Listen = Callable[..., Ear]


@pytest.fixture
def listen(databases: Databases, amqp_uri: str, tmp_path: Path) -> Iterator[Listen]:
    with ExitStack() as stack:

        def begin(changes: str = "", **options: Any) -> Ear:
            settings = {"SAMPLE_SET": changes}
            lent = listening(databases, amqp_uri, tmp_path, settings=settings, **options)
            return stack.enter_context(lent)

        yield begin


def sleeps(databases: Databases, ear: Ear) -> bool:
    """Tell whether its handler is in the middle of its long work."""
    admin = sa.create_engine(databases.admin_url, poolclass=sa.pool.NullPool)
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND wait_event = 'PgSleep'"
    )
    with admin.connect() as connection:
        found = connection.execute(sa.text(query), {"name": ear.engine.url.database})
        return bool(found.scalar_one())


def memory(ear: Ear) -> int:
    """Return how many bytes of memory its process holds (Linux's own books)."""
    status = Path(f"/proc/{ear.process.running.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_a_stop_in_a_long_handler_waits_for_it_and_gives_nothing_back(
    listen: Listen, databases: Databases, note: Note
) -> None:
    ear = listen(f"__main__.SLOW={HANDLER}")
    ear.tell(told(uuid4(), 1, what="slow"), *line(uuid4(), 20))
    eventually(lambda: sleeps(databases, ear))
    code, seconds = ear.process.stop()
    left = queues.take(ear.amqp_uri, NAME)
    redelivered = sum(message.redelivered for message in left)
    assert code == 0
    assert seconds <= HANDLER + GRACE + SLACK
    assert redelivered == 0
    assert len(left) + len(ear.effects()) == len(ear.told)
    note(
        f"SIGTERM in a handler of {HANDLER} s",
        events=len(ear.told),
        redelivered=redelivered,
        most_seconds_to_the_end=seconds,
    )


def test_a_stop_without_a_broker_is_short(stage: Stage, note: Note) -> None:
    processes = stage.platform.processes
    before = {name: len(process.said("consumer-waits")) for name, process in processes.items()}
    stage.rabbit.kill()
    longest = 0.0
    for name, process in processes.items():
        eventually(lambda: len(process.said("consumer-waits")) > before[name])  # noqa: B023
        code, seconds = process.stop()
        assert code == 0, name
        longest = max(longest, seconds)
    stage.rabbit.start()
    for process in processes.values():
        process.start().ready()
    counted = stage.promises_hold()
    assert longest <= GRACE + SLACK
    note(
        "SIGTERM of each service while the broker is away",
        stops=len(HEARS),
        most_seconds_to_the_end=longest,
        **counted,
    )


@pytest.mark.parametrize("mode", [Mode.TO_CLIENT, Mode.TO_SERVER])
def test_a_stop_that_the_broker_does_not_answer_is_short_enough(
    listen: Listen, amqp_uri: str, mode: Mode, note: Note
) -> None:
    with Proxy(urlsplit(amqp_uri).port or 0) as proxy:
        ear = listen(ways=[proxy.in_front_of(amqp_uri)])
        ear.tell(*line(uuid4(), 20))
        assert ear.ask(uuid4())  # so that its relay is connected, too
        ear.heard_all()
        eventually(ear.sent)
        proxy.fail(mode)
        code, seconds = ear.process.stop()
    assert code == 0
    assert seconds < PATIENCE
    note(f"SIGTERM while the broker is {mode}", stops=1, most_seconds_to_the_end=seconds)


def test_a_slow_handler_costs_neither_memory_nor_the_connection(
    listen: Listen, note: Note
) -> None:
    ear = listen("__main__.SLOW=2")
    ear.tell(told(uuid4(), 1))
    ear.heard_all()
    begun = memory(ear)
    subject = uuid4()
    ear.tell(*[told(subject, number, what="slow") for number in range(1, 101)])
    counted = ear.heard_all(within=300)
    grown = memory(ear) - begun
    disconnected = len(ear.process.said("consumer-waits"))
    assert grown < 50 * MEBIBYTE
    assert disconnected == 0
    note(
        "100 events of 2 s each",
        most_mebibytes_more=grown / MEBIBYTE,
        disconnected=disconnected,
        **counted,
    )
