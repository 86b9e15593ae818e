"""The raw floor: what the services send to PostgreSQL and RabbitMQ for a handoff, and nothing else.

The statements and commits of the real services are recorded while they handle a batch of handoffs, and
played back with fresh ids by bare loops: no JSON is read, nothing is checked or decided, no framework runs.
Events are published with confirms, consumed, and acknowledged after each commit. Left out, in the floor's
favour: the relay's reading and marking of the outbox.
"""

import contextlib
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy import event as listeners

from benchmarks.pipeline import HOUSE, NAMES, PLACES, SERVICE_IDS, WARD
from benchmarks.platform import AGREEMENT, Platform
from benchmarks.processes import BenchmarkError
from onward.inbox import Arrival
from onward.topology import HEARS
from onward.wire import Cursor, Wire

ENDS = frozenset({"COMMIT", "ROLLBACK"})
"""What the connection says by itself; a commit is recorded as such."""
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement."""

    service: str
    statement: str
    """Empty where the parameters are the whole of it."""
    parameters: Any
    later: bool = False
    """Whether it travels with what is sent next."""


@dataclass(frozen=True, slots=True)
class Committed:
    """The end of a transaction."""

    service: str


@dataclass(frozen=True, slots=True)
class Published:
    """Events on their way: their bodies, and who hears each."""

    bodies: tuple[bytes, ...]
    heard_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """So many events taken from a service's queue; acknowledged after its next commit."""

    service: str
    events: int


Op = Sent | Committed | Published | Heard
Players = list["subprocess.Popen[str]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a batch of handoffs came to."""

    handoffs: int
    requests: list[Op] = field(default_factory=list)
    """Submitting and accepting them."""
    rest: list[Op] = field(default_factory=list)
    """All that followed."""
    places: Mapping[str, list[str]] = field(default_factory=dict)
    """Every place of each service, by the place that was held: where further rounds find room."""

    def save(self, path: Path) -> None:
        """Write it down for the processes that play it back."""
        path.write_bytes(pickle.dumps(self))


def record(platform: Platform, handoffs: int, *, first: int) -> Recording:
    """Let the services handle *handoffs* handoffs as one batch in this process, and record it.

    The services they go to are counted from number *first*, so that recordings do not meet.
    """
    platform.free_places()
    for engine in platform.engines.values():
        engine.dispose()  # so that statements are prepared, and that is recorded
    requests: list[Op] = []
    rest: list[Op] = []
    with _recorded(platform, requests):
        platform.make_backlog(handoffs, first=first)
    with _recorded(platform, rest):
        while batches := _unsent(platform):
            for bodies in batches:
                _carry(platform, bodies, rest)
    for engine in platform.engines.values():
        engine.dispose()
    return Recording(handoffs=handoffs, requests=requests, rest=rest, places=_places(platform))


def _carry(platform: Platform, bodies: tuple[bytes, ...], ops: list[Op]) -> None:
    """Publish events of one kind, and let every service that hears them handle them."""
    stream = _stream(bodies[0])
    hearing = tuple(name for name in NAMES if "#" in HEARS[name] or stream in HEARS[name])
    ops.append(Published(bodies, hearing))
    for name in hearing:
        ops.append(Heard(name, len(bodies)))
        platform.runnings[name].inbox.receive([Arrival(body) for body in bodies])


def _stream(body: bytes) -> str:
    (name,) = re.findall(rb'"type":"uk\.onward\.([a-z]+)\.', body)
    return str(name.decode())


def _unsent(platform: Platform) -> list[tuple[bytes, ...]]:
    """Return what waits in the outboxes, by kind, and mark it as sent; nothing of this is recorded."""
    batches = []
    for name in NAMES:
        with _aside(platform, name) as connection:
            rows = connection.execute(
                sa.text(
                    "UPDATE outbox SET sent_at = clock_timestamp() WHERE sent_at IS NULL"
                    " RETURNING key, body, position"
                )
            ).all()
        kinds: dict[str, list[bytes]] = {}
        for key, body, _ in sorted(rows, key=lambda row: int(row.position)):
            kinds.setdefault(key, []).append(bytes(body))
        batches += [tuple(bodies) for bodies in kinds.values()]
    return batches


def _places(platform: Platform) -> dict[str, list[str]]:
    query = (
        "SELECT c.place_id::text, array_agg(p.id::text ORDER BY p.number)"
        " FROM claims c JOIN places p USING (service_id) WHERE c.state = 'held' GROUP BY c.place_id"
    )
    with _aside(platform, "directory") as connection:
        return dict(connection.execute(sa.text(query)).all())


@contextlib.contextmanager
def _aside(platform: Platform, name: str) -> Iterator[sa.Connection]:
    """Lend a connection that is not recorded."""
    engine = sa.create_engine(platform.engines[name].url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        yield connection


@contextlib.contextmanager
def _recorded(platform: Platform, ops: list[Op]) -> Iterator[None]:
    """Append to *ops* whatever the services in this process send to their databases."""
    heard: list[tuple[sa.Engine, Any]] = []
    names = {str(engine.url.database): name for name, engine in platform.engines.items()}

    def sent_later(wire: Wire, statement: str, parameters: Any) -> None:
        ops.append(Sent(names[wire.info.dbname], statement, _plain(parameters), later=True))
        said_later(wire, statement, parameters)

    def sent(cursor: Cursor, statement: str | bytes, parameters: Any = None) -> None:
        name = names[cursor.connection.info.dbname]
        if isinstance(statement, bytes):  # many rows, put into it by psycopg2
            ops.append(Sent(name, "", statement.decode()))
        elif statement not in ENDS:
            ops.append(Sent(name, statement, _plain(parameters) or None))
        said(cursor, statement, parameters)

    said_later, said = Wire.later, Cursor.execute
    for name, engine in platform.engines.items():

        def committed(_connection: object, name: str = name) -> None:
            ops.append(Committed(name))

        listeners.listen(engine, "commit", committed)
        heard.append((engine, committed))
    try:
        with patch.object(Wire, "later", sent_later), patch.object(Cursor, "execute", sent):
            yield
    finally:
        for engine, listener in heard:
            listeners.remove(engine, "commit", listener)


class Floor:
    """Recordings of the services at work, and how fast bare loops play them."""

    def __init__(self, workshop: Platform, folder: Path, *, processes: int, batch: int) -> None:
        """Record rounds of *batch* handoffs for each process, and one of a single handoff."""
        self._workshop = workshop
        self._folder = folder
        self._started = 0
        self.processes, self.batch = processes, batch
        while batches := _unsent(workshop):
            for bodies in batches:
                _carry(workshop, bodies, [])
        for number in range(processes):
            record(workshop, batch, first=batch * number).save(folder / str(number))
        workshop.free_places()
        record(workshop, 1, first=batch * processes).save(folder / "single")

    def throughput(self) -> float:
        """Return how many handoffs a second the processes carry, requests left out."""
        files = [str(number) for number in range(self.processes)]
        with self._playing(files, scope="rest") as players:
            begun = time.perf_counter()
            _finish(players)
            return self.batch * PLACES * self.processes / (time.perf_counter() - begun)

    def round_times(self, rounds: int) -> list[float]:
        """Return how many seconds each of *rounds* single handoffs takes, requests included."""
        taken: list[float] = []
        while len(taken) < rounds:
            with self._playing(["single"], scope="all") as players:
                (times,) = _finish(players)
                taken += times
        return taken

    @contextlib.contextmanager
    def _playing(self, files: list[str], *, scope: str) -> Iterator[Players]:
        """Lend processes that stand ready to play, as many rounds as a service has places."""
        self._workshop.free_places()
        with contextlib.ExitStack() as stack:
            players = [
                stack.enter_context(self._player(self._folder / file, scope)) for file in files
            ]
            for player in players:
                _line(player)
            self._workshop.stand.settle()
            yield players

    def _player(self, path: Path, scope: str) -> "subprocess.Popen[str]":
        self._started += 1
        urls = {
            name: engine.url.render_as_string(hide_password=False)
            for name, engine in self._workshop.engines.items()
        }
        kept = [str(id_) for id_ in (WARD, HOUSE, AGREEMENT, *SERVICE_IDS)]
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.play"),
                *(str(path), str(PLACES), str(self._started), scope),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parent.parent),
                "BENCH_AMQP_URI": self._workshop.stand.amqp_uri,
                "BENCH_DATABASE_URLS": orjson.dumps(urls).decode(),
                "BENCH_KEPT": orjson.dumps(kept).decode(),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _finish(players: Players) -> list[list[float]]:
    for player in players:
        assert player.stdin  # noqa: S101 - it was asked for
        player.stdin.write("\n")
        player.stdin.flush()
    return [orjson.loads(_line(player)) for player in players]


def _line(player: "subprocess.Popen[str]") -> str:
    assert player.stdout  # noqa: S101 - it was asked for
    line = player.stdout.readline()
    if not line:
        raise BenchmarkError("The raw floor ended early.")
    return line


def _plain(parameters: Any) -> Any:
    """Return *parameters* without psycopg2's wrappers, which cannot be written down."""
    match parameters:
        case dict():
            return {name: _plain(each) for name, each in parameters.items()}
        case tuple():
            return tuple(map(_plain, parameters))
    return bytes(parameters.adapted) if hasattr(parameters, "adapted") else parameters


class Afresh:
    """Gives a recording new ids, places and leaf numbers for each round."""

    def __init__(self, recording: Recording, *, kept: set[str]) -> None:
        """Leave ids in *kept* as they are: services, organisations, agreements."""
        self._places = recording.places
        self._kept = kept
        self._mask = 0
        self._round = 0
        self.first_leaf = 0

    def begin(self, number: int, *, mask: int, first_leaf: int) -> None:
        """Begin round *number*: ids differ by *mask*, leaves are numbered from *first_leaf*."""
        self._round, self._mask, self.first_leaf = number, mask, first_leaf

    def parameters(self, op: Sent) -> Any:
        """Return the parameters of *op* for this round."""
        named = op.parameters if isinstance(op.parameters, dict) else {}
        if {"first", "bodies"} <= named.keys():
            return self._changed(op.parameters) | {
                "first": op.parameters["first"] + self.first_leaf
            }
        if {"levels", "numbers", "hashes"} <= named.keys():
            return op.parameters | {"numbers": self._nodes(op.parameters)}
        return self._changed(op.parameters)

    def _nodes(self, parameters: Mapping[str, str]) -> str:
        pairs = zip(parameters["levels"].split(), parameters["numbers"].split(), strict=True)
        return "\n".join(
            str(int(number) + (self.first_leaf >> int(level))) for level, number in pairs
        )

    def _changed(self, value: Any) -> Any:
        match value:
            case str():
                return ID.sub(lambda found: self._id(found[0]), value)
            case UUID():
                return UUID(self._id(str(value)))
            case dict():
                return {name: self._changed(each) for name, each in value.items()}
            case list() | tuple():
                return type(value)(self._changed(each) for each in value)
        return value

    def _id(self, old: str) -> str:
        if old in self._kept:
            return old
        if others := self._places.get(old):
            return others[self._round % len(others)]
        return str(UUID(int=int(old.replace("-", ""), 16) ^ self._mask))
