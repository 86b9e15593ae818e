"""Consume, insert one row, commit, acknowledge: ours beside the others, from a backlog, quorum queues.

Every program starts, handles a few events to warm up, is held still while its backlog is loaded, and is
then let go. Time runs from there to PostgreSQL's own time stamp of the last commit.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

import orjson
import sqlalchemy as sa
from amqp.exceptions import NotFound

from benchmarks import loading, meters, sample
from benchmarks.loading import Parcel
from benchmarks.processes import BenchmarkError, Program, started
from benchmarks.stand import Stand
from onward import tables
from onward.codec import CONTENT_TYPE
from onward.contracts.referral import HandoffRequested
from onward.topology import EVENTS

WARM_UP = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A program that consumes, and how its queue is filled."""

    name: str
    module: str
    queue: str
    pack: Callable[[bytes], Parcel]
    exchange: str = ""
    key: str = ""
    batched: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: str
    """How it was set up, for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one program did with one backlog."""

    per_second: float
    cpu: float
    """Its own processor milliseconds per event."""
    servers_cpu: float
    """PostgreSQL's and RabbitMQ's processor milliseconds per event."""
    memory: float
    """MB (PSS)."""


def _plain(body: bytes) -> Parcel:
    return Parcel(body=body)


def _cloud_event(body: bytes) -> Parcel:
    return Parcel(body=body, content_type=CONTENT_TYPE)


def _celery(body: bytes) -> Parcel:
    id_ = str(uuid4())
    embed = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return Parcel(
        body=orjson.dumps([[orjson.loads(body)], {}, embed]),
        headers={
            "lang": "py",
            "task": "keep",
            "id": id_,
            "root_id": id_,
            "retries": 0,
            **dict.fromkeys(("parent_id", "group", "eta", "expires")),
            "timelimit": [None, None],
        },
        properties={"correlation_id": id_},
    )


def _dramatiq(body: bytes) -> Parcel:
    return Parcel(
        body=orjson.dumps(
            {
                "queue_name": "dramatiq",
                "actor_name": "keep",
                "kwargs": {},
                "options": {},
                "args": [orjson.loads(body)],
                "message_id": str(uuid4()),
                "message_timestamp": time.time_ns() // 1_000_000,
            }
        )
    )


def _onward(name: str, batch: int, hands: int, settings: str) -> Contestant:
    return Contestant(
        name=name,
        module="benchmarks.contestants.onward_service",
        queue="onward.notification",
        exchange=EVENTS.name,
        key=HandoffRequested.key,
        pack=_cloud_event,
        batched=batch > 1,
        environment={"BENCH_BATCH": str(batch), "BENCH_HANDS": str(hands)},
        settings=settings,
    )


def _kombu(name: str, batch: int, settings: str) -> Contestant:
    return Contestant(
        name=name,
        module="benchmarks.contestants.kombu_raw",
        queue="kombu",
        key="kombu",
        pack=_plain,
        batched=batch > 1,
        environment={"BENCH_BATCH": str(batch)},
        settings=settings,
    )


OURS = _onward(
    "Onward",
    100,
    1,
    "as shipped: inbox, order and parking; up to 100 events a commit; prefetch 200; 1 process",
)
OURS_ONE_BY_ONE = _onward(
    "Onward, one by one",
    1,
    4,
    "inbox, order and parking; 1 event a commit, 4 hands (`ONWARD_BATCH=1`, `ONWARD_HANDS=4`); "
    "prefetch 200; 1 process",
)
NAMEKO = Contestant(
    name="Nameko as shipped",
    module="benchmarks.contestants.nameko_orm",
    queue="evt-origin-handoff-requested--keeper.keep",
    exchange="origin.events",
    key="handoff-requested",
    pack=_plain,
    settings="`event_handler`, SQLAlchemy ORM, 10 workers (its default), prefetch 10; 1 process",
)
CONTESTANTS = (
    OURS,
    OURS_ONE_BY_ONE,
    NAMEKO,
    Contestant(
        name="FastStream + asyncpg",
        module="benchmarks.contestants.faststream_asyncpg",
        queue="faststream",
        key="faststream",
        pack=_plain,
        settings="pydantic models, asyncpg pool of 10, prefetch 10; 1 process",
    ),
    Contestant(
        name="Celery",
        module="benchmarks.contestants.celery_orm",
        queue="celery-keeper",
        key="celery-keeper",
        pack=_celery,
        settings="`acks_late`, SQLAlchemy ORM, prefork pool of 2, prefetch 10",
    ),
    Contestant(
        name="Dramatiq",
        module="benchmarks.contestants.dramatiq_orm",
        queue="dramatiq",
        key="dramatiq",
        pack=_dramatiq,
        settings="SQLAlchemy ORM, 2 processes of 8 threads, its own prefetch",
    ),
    _kombu("raw kombu", 1, "`ConsumerMixin`, psycopg2, nothing checked, prefetch 10; 1 process"),
    _kombu(
        "raw kombu in batches",
        100,
        "up to 100 events a multi-row insert, commit and acknowledgement; no inbox; 1 process",
    ),
)


def prepare(stand: Stand) -> sa.Engine:
    """Create the database all of them insert into."""
    engine = sa.create_engine(stand.database("bench_consume"))
    tables.KERNEL.create_all(engine)
    sample.METADATA.create_all(engine)
    return engine


def measure(stand: Stand, engine: sa.Engine, contestant: Contestant, events: int) -> Run:
    """Let *contestant* work through *events* events; check that it kept and acknowledged each."""
    _empty(engine)
    where = {
        "BENCH_AMQP_URI": stand.amqp_uri,
        "BENCH_DATABASE_URL": engine.url.render_as_string(hide_password=False),
    }
    with started(contestant.module, {**where, **contestant.environment}) as program:
        program.wait_until(lambda: _listens(stand, contestant), "listen")
        _load(stand, contestant, sample.events(WARM_UP))
        program.wait_until(lambda: _kept(engine) == WARM_UP, "its first events")
        program.hold()
        _load(stand, contestant, sample.events(events))
        stand.settle()
        run = _timed(stand, engine, program, events)
    _insist_on_acknowledgement(stand, contestant)
    return run


def _timed(stand: Stand, engine: sa.Engine, program: Program, events: int) -> Run:
    servers = (stand.postgres_pid, stand.rabbit_pid)
    own, others = meters.cpu_seconds([program.pid]), meters.cpu_seconds(servers)
    begun = time.time()
    program.release()
    program.wait_until(lambda: _kept(engine) == WARM_UP + events, "its last event", within=120)
    return Run(
        per_second=events / (_last_commit(engine) - begun),
        cpu=1000 * (meters.cpu_seconds([program.pid]) - own) / events,
        servers_cpu=1000 * (meters.cpu_seconds(servers) - others) / events,
        memory=meters.memory_mb([program.pid]),
    )


def _load(stand: Stand, contestant: Contestant, bodies: Iterable[bytes]) -> None:
    parcels = map(contestant.pack, bodies)
    loading.load(stand.amqp_uri, parcels, exchange=contestant.exchange, key=contestant.key)


def _listens(stand: Stand, contestant: Contestant) -> bool:
    with suppress(NotFound):
        return loading.left_in(stand.amqp_uri, contestant.queue)[1] > 0
    return False


def _insist_on_acknowledgement(stand: Stand, contestant: Contestant) -> None:
    left, _ = loading.left_in(stand.amqp_uri, contestant.queue)
    loading.forget(stand.amqp_uri, contestant.queue)
    if left:
        raise BenchmarkError(f"{contestant.name} left {left} events unacknowledged.")


def _empty(engine: sa.Engine) -> None:
    names: Sequence[str] = [*tables.KERNEL.tables, sample.TAKEN.name]
    with engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {', '.join(names)}"))


def _kept(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM taken")).scalar_one())


def _last_commit(engine: sa.Engine) -> float:
    """Return when PostgreSQL committed the last row, in seconds since 1970."""
    query = "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) FROM taken"
    with engine.connect() as connection:
        return float(connection.execute(sa.text(query)).scalar_one())
