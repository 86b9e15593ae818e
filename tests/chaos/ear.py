"""One small service that hears events, on a queue and a database of its own: cheap to break."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import httpx
import sqlalchemy as sa

from onward import tables
from onward.codec import encode
from onward.envelope import Envelope
from onward.servers import ServiceDatabase
from tests.support import queues
from tests.support.databases import Databases
from tests.support.processes import SAMPLE, Process, environment
from tests.support.sample import Effect, Store, sample
from tests.support.waiting import eventually

NAME = "referral"


@dataclass(slots=True, kw_only=True)
class Ear:
    """The sample service as ``referral``, which hears the directory."""

    amqp_uri: str
    database: ServiceDatabase
    engine: sa.Engine
    """Sees its database as its owner."""
    processes: Sequence[Process]
    """One, or replicas."""
    told: dict[UUID, Envelope] = field(default_factory=dict)
    """What it will have to have handled."""

    @property
    def process(self) -> Process:
        """The only replica, or the first."""
        return self.processes[0]

    def tell(self, *envelopes: Envelope) -> None:
        """Let events come, some perhaps not for the first time."""
        queues.put(self.amqp_uri, *envelopes)
        self.told |= {envelope.id: envelope for envelope in envelopes}

    def tell_raw(self, envelope: Envelope, **properties: object) -> None:
        """Let a good event come with whatever properties a stranger might give it."""
        queues.put_raw(self.amqp_uri, envelope.event.key, encode(envelope), **properties)
        self.told[envelope.id] = envelope

    def ask(self, subject: UUID) -> bool:
        """Ask it over HTTP to tell an event; return whether it said that it will."""
        url = f"http://{self.process.environ['ONWARD_LISTEN']}/tell/{subject}"
        answer = httpx.post(url, timeout=20, trust_env=False)
        return answer.status_code == httpx.codes.CREATED

    def effects(self) -> list[Effect]:
        """Return what it handled, in order."""
        with self.engine.connect() as connection:
            return [each for each in Store(connection=connection).all() if each.event_id]

    def parked(self) -> Counter[str]:
        """Return the codes of what waits for a human or another try."""
        row = tables.parked.c
        open_ = row.status.in_(("waiting", "retrying", "parked"))
        with self.engine.connect() as connection:
            return Counter(connection.scalars(sa.select(row.code).where(open_)))

    def has_heard(self) -> bool:
        """Tell whether everything told has had an effect."""
        return self.told.keys() <= {effect.event_id for effect in self.effects()}

    def heard_all(self, within: float = 30) -> dict[str, int]:
        """Wait until everything told was handled; see nothing lost, doubled or disordered."""
        eventually(self.has_heard, within=within, why="everything told has its effect")
        handled = [effect.event_id for effect in self.effects()]
        reached: Counter[object] = Counter()
        disordered = 0
        for effect in self.effects():
            line = (effect.source, effect.stream, effect.subject)
            disordered += effect.sequence != reached[line] + 1
            reached[line] = effect.sequence
        lost = len(self.told.keys() - set(handled))
        doubled = len(handled) - len(set(handled))
        assert (lost, doubled, disordered) == (0, 0, 0)
        return {
            "events": len(handled),
            "lost": lost,
            "doubled": doubled,
            "disordered": disordered,
        }

    def asked(self) -> list[UUID]:
        """Return the subjects of the requests that changed something, in order."""
        with self.engine.connect() as connection:
            rows = Store(connection=connection).all()
        return [row.subject for row in rows if row.source == "asked"]

    def sent(self) -> list[UUID]:
        """Return the subjects of what it told and the broker confirmed, in order."""
        query = sa.select(tables.outbox.c.subject).where(tables.outbox.c.sent_at.is_not(None))
        with self.engine.connect() as connection:
            return list(connection.scalars(query.order_by(tables.outbox.c.position)))


@contextmanager
def listening(
    databases: Databases,
    amqp_uri: str,
    folder: Path,
    *,
    ways: Sequence[str] = (),
    through: Callable[[ServiceDatabase], str] = lambda database: database.app_url,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Ear]:
    """Run it, with *settings* on top, once for each of its *ways* to the broker.

    *through* tells the way to its database.
    """
    with ExitStack() as stack:
        database = stack.enter_context(databases.migrated(sample(NAME)))
        way = {f"ONWARD_{NAME.upper()}_DATABASE_URL": through(database)}
        processes = []
        for number, uri in enumerate(ways or [amqp_uri]):
            environ = {**environment(NAME, database, uri), **way, **settings}
            process = Process(
                arguments=[*SAMPLE, NAME], environ=environ, log=folder / f"{NAME}-{number}.log"
            )
            stack.callback(process.close)
            processes.append(process.start())
        for process in processes:
            process.ready()
        eventually(lambda: queues.consumers(amqp_uri, NAME) > 0, within=30)
        yield Ear(
            amqp_uri=amqp_uri,
            database=database,
            engine=sa.create_engine(database.owner_url, poolclass=sa.pool.NullPool),
            processes=processes,
        )
