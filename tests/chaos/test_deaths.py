"""`kill -9` at each named point, one service.

The short form of `test_crashes`: the sample service hears three lines of events and is asked to tell its own,
and dies at each named point in turn while it does so.
"""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from onward.codec import decode
from onward.crashpoints import POINTS
from onward.servers import ServiceDatabase
from tests.chaos.conftest import Note
from tests.support import queues
from tests.support.events import told
from tests.support.fixtures import LendDatabase
from tests.support.processes import SAMPLE, Process, environment
from tests.support.sample import Effect, Store, sample
from tests.support.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]
KILLED = 137
EACH = 3
"""Events of each line that arrive in each life."""


class Mortal:
    """The sample service under the name of referral: what it is asked, and what came of it."""

    def __init__(self, database: ServiceDatabase, amqp_uri: str, log: Path) -> None:
        self._engine = sa.create_engine(database.owner_url, poolclass=sa.pool.NullPool)
        environ = environment("referral", database, amqp_uri)
        self.process = Process(arguments=[*SAMPLE, "referral"], environ=environ, log=log)
        self._url = f"http://{environ['ONWARD_LISTEN']}/tell"
        self.answered: list[UUID] = []

    def ask(self) -> None:
        """Ask it to tell an event; it may die over that."""
        subject = uuid4()
        with suppress(httpx.TransportError):
            answer = httpx.post(f"{self._url}/{subject}", trust_env=False, timeout=5)
            assert answer.status_code == 201
            self.answered.append(subject)

    def dies(self) -> bool:
        """Ask once more, and tell whether it is dead."""
        self.ask()
        return not self.process.alive

    def effects(self) -> list[Effect]:
        """Return what it did, in order."""
        with self._engine.connect() as connection:
            return Store(connection=connection).all()

    def heard(self, subject: UUID) -> list[int]:
        """Return the numbers of the events about *subject* that it handled, in order."""
        return [effect.sequence for effect in self.effects() if effect.subject == subject]

    def asked(self) -> list[UUID]:
        """Return the requests that had their effect."""
        return [effect.subject for effect in self.effects() if effect.source == "asked"]

    def unsent(self) -> int:
        """Return how many events wait to be sent."""
        query = sa.text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@pytest.fixture
def mortal(service_database: LendDatabase, amqp_uri: str, tmp_path: Path) -> Mortal:
    return Mortal(service_database(sample("referral")), amqp_uri, tmp_path / "referral.log")


def test_a_service_that_dies_at_every_point_hears_and_tells_everything_once(
    mortal: Mortal, amqp_uri: str, note: Note, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(mortal.process.close)
    lines = [uuid4() for _ in range(3)]
    for life, point in enumerate(POINTS):
        numbers = range(life * EACH + 1, (life + 1) * EACH + 1)
        mortal.process.start(ONWARD_CRASH_AT=point)
        queues.put(amqp_uri, *[told(line, number) for number in numbers for line in lines])
        eventually(mortal.dies, within=60, why=point)
        assert mortal.process.running.returncode == KILLED
    mortal.process.start().ready()
    whole = list(range(1, len(POINTS) * EACH + 1))
    eventually(lambda: all(len(mortal.heard(line)) >= len(whole) for line in lines), within=60)
    eventually(lambda: mortal.unsent() == 0, within=30)
    code, _ = mortal.process.stop()
    assert code == 0
    for line in lines:
        assert mortal.heard(line) == whole
    asked = mortal.asked()
    assert len(asked) == len(set(asked))
    assert set(mortal.answered) <= set(asked), "what was answered had its effect"
    arrived = told_to("audit", amqp_uri)
    assert set(arrived) == set(asked), "and all of that was told"
    assert all(len(ids) == 1 for ids in arrived.values()), "as one event each, however often sent"
    note(
        "`kill -9` of the sample service at each point",
        kills=len(POINTS),
        heard=len(whole) * len(lines),
        told=len(asked),
        lost=0,
        doubled=0,
    )


def told_to(service: str, amqp_uri: str) -> dict[UUID, set[UUID]]:
    """Return the ids of the events of ours that lie in the queue of *service*, by subject."""
    ids = defaultdict(set)
    for message in queues.take(amqp_uri, service):
        envelope = decode(message.body)
        source, _, subject = envelope.line
        if source == "referral":
            ids[subject].add(envelope.id)
    return ids
