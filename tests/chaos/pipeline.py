"""Two small services, one that tells and one that hears, under load on a broker that is being hurt."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import sqlalchemy as sa

from onward import tables
from onward.contracts.base import Event
from onward.service import RunningService
from onward.settings import read_settings
from tests.support.databases import Databases
from tests.support.events import told
from tests.support.processes import SAMPLE, Process, environment
from tests.support.sample import Store, sample
from tests.support.waiting import eventually

TELLER, HEARER = "directory", "referral"
BEAT = 0.1
"""Seconds between two transactions that tell, and between two requests."""
LINES = 20
_GAP = """
    SELECT EXTRACT(EPOCH FROM COALESCE(max(gap), interval '0')) FROM (
        SELECT received_at - lag(received_at) OVER (ORDER BY received_at) AS gap
        FROM inbox WHERE received_at >= :since AND received_at <= :until) AS gaps
"""


@dataclass(slots=True)
class Load:
    """Events told in transactions and over HTTP, at a steady pace, until told to stop."""

    pipeline: "Pipeline"
    per_beat: int
    told: int = 0
    answers: int = 0
    slowest: float = 0.0
    """Seconds of the slowest answer to a request."""
    stopped: threading.Event = field(default_factory=threading.Event)

    def tell(self) -> None:
        """Commit a few events at each beat."""
        lines = [uuid4() for _ in range(LINES)]
        while not self.stopped.wait(BEAT):
            with self.pipeline.telling.database.transaction() as uow:
                for number in range(self.per_beat):
                    uow.emit(_event(lines[number % LINES]))
            self.told += self.per_beat

    def ask(self) -> None:
        """Ask for an event at each beat."""
        url = f"http://{self.pipeline.tellers[0].environ['ONWARD_LISTEN']}/tell"
        with httpx.Client(trust_env=False, timeout=30) as http:
            while not self.stopped.wait(BEAT):
                begun = time.monotonic()
                assert http.post(f"{url}/{uuid4()}").status_code == httpx.codes.CREATED
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.answers += 1

    def lasts(self, seconds: float) -> None:
        """Let it go on for so long."""
        self.stopped.wait(seconds)

    def reaches(self, events: int, within: float = 120) -> None:
        """Wait until so many were told in transactions since the load began."""
        eventually(lambda: self.told >= events, within=within, why=f"{events} events are told")


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """A service that tells, one that hears, and what both databases say about it."""

    telling: RunningService
    """The teller's database in this process: what is told here, the teller's relay sends."""
    hearing: sa.Engine
    tellers: list[Process]
    hearers: list[Process]

    @property
    def processes(self) -> list[Process]:
        """Every process."""
        return [*self.tellers, *self.hearers]

    @contextmanager
    def under_load(self, per_beat: int = 5) -> Iterator[Load]:
        """Tell and ask meanwhile; fail if a request failed."""
        load = Load(self, per_beat)
        failures: list[BaseException] = []

        def run(work: Any) -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 - raised below, in the test's own thread
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(work,)) for work in (load.tell, load.ask)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.stopped.set()
            for thread in threads:
                thread.join()
        for failure in failures:
            raise failure

    def now(self) -> datetime:
        """Return the time by the database's clock."""
        with self.hearing.connect() as connection:
            moment: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
            return moment

    def longest_gap(self, since: datetime, until: datetime) -> float:
        """Return the most seconds between two arrivals in that time."""
        with self.hearing.connect() as connection:
            found = connection.execute(sa.text(_GAP), {"since": since, "until": until})
            return float(found.scalar_one())

    def hears_now(self, within: float = 30) -> float:
        """Tell one more event; return how many seconds it took to be handled."""
        begun = time.monotonic()
        subject = self.tell(1)
        eventually(lambda: subject in self._subjects(), within=within, why="it is heard")
        return time.monotonic() - begun

    def tell(self, events: int, *, what: str = "note") -> UUID:
        """Tell so many events in one line; return whom they are about."""
        subject = uuid4()
        with self.telling.database.transaction() as uow:
            for _ in range(events):
                uow.emit(_event(subject, what))
        return subject

    def heard(self, subject: UUID) -> int:
        """Return how many events about *subject* were handled."""
        with self.hearing.connect() as connection:
            effects = Store(connection=connection).all()
        return sum(effect.subject == subject for effect in effects)

    def settled(self, within: float = 30) -> dict[str, int]:
        """Wait until everything told was handled; see nothing lost, doubled or disordered."""
        eventually(lambda: not self._missing(), within=within, why="everything told is handled")
        eventually(lambda: not self._unsent(), within=within, why="everything is marked as sent")
        with self.hearing.connect() as connection:
            effects = Store(connection=connection).all()
        reached: Counter[object] = Counter()
        disordered = 0
        for effect in effects:
            line = (effect.source, effect.stream, effect.subject)
            disordered += effect.sequence != reached[line] + 1
            reached[line] = effect.sequence
        doubled = len(effects) - len({effect.event_id for effect in effects})
        assert (doubled, disordered) == (0, 0)
        return {"events": len(effects), "lost": 0, "doubled": doubled, "disordered": disordered}

    def _missing(self) -> set[UUID]:
        with self.hearing.connect() as connection:
            handled = set(connection.scalars(sa.select(tables.inbox.c.event_id)))
        with self.telling.engine.connect() as connection:
            return set(connection.scalars(sa.select(tables.outbox.c.id))) - handled

    def _unsent(self) -> int:
        query = sa.select(sa.func.count()).where(tables.outbox.c.sent_at.is_(None))
        with self.telling.engine.connect() as connection:
            count: int = connection.execute(query).scalar_one()
            return count

    def _subjects(self) -> set[UUID]:
        with self.hearing.connect() as connection:
            return set(connection.scalars(sa.select(tables.inbox_lines.c.subject)))


@contextmanager
def piping(
    databases: Databases, amqp_uri: str, folder: Path, *, replicas: int = 1, changes: str = ""
) -> Iterator[Pipeline]:
    """Run one; *changes* to constants are made in its processes, as ``SAMPLE_SET`` has them."""
    with ExitStack() as stack:
        made: dict[str, list[Process]] = {TELLER: [], HEARER: []}
        database = {name: stack.enter_context(databases.migrated(sample(name))) for name in made}
        for name, processes in made.items():
            for number in range(replicas):
                process = Process(
                    arguments=[*SAMPLE, name],
                    environ=environment(name, database[name], amqp_uri) | {"SAMPLE_SET": changes},
                    log=folder / f"{name}-{number}.log",
                )
                stack.callback(process.close)
                processes.append(process.start())
        for process in (*made[TELLER], *made[HEARER]):
            process.ready()
        told_by = read_settings(TELLER, environment(TELLER, database[TELLER], amqp_uri))
        telling = RunningService(service=sample(TELLER), settings=told_by, clock=told_by.clock)
        stack.callback(telling.close)
        yield Pipeline(
            telling=telling,
            hearing=sa.create_engine(database[HEARER].owner_url, poolclass=sa.pool.NullPool),
            tellers=made[TELLER],
            hearers=made[HEARER],
        )


def _event(subject: UUID, what: str = "note") -> Event:
    return told(subject, 1, what=what).event
