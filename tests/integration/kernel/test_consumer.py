"""A service's process takes batches, acknowledges what it committed, and stops without losing anything."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from onward.codec import encode
from onward.servers import LocalRabbit, ServerError, ServiceDatabase
from onward.topology import HEARS
from tests.integration.kernel.conftest import LendProcess
from tests.support import queues
from tests.support.broker import BrokerAdmin
from tests.support.databases import Databases
from tests.support.events import line, told, written
from tests.support.fixtures import LendDatabase
from tests.support.processes import Process, environment
from tests.support.proxy import Proxy
from tests.support.sample import CANARY, Effect, Store, sample
from tests.support.waiting import eventually


class World:
    """The sample service's database, seen from outside."""

    def __init__(self, database: ServiceDatabase, admin_url: str) -> None:
        self.database = database
        self.name = database.name
        self.engine = sa.create_engine(database.owner_url, poolclass=sa.pool.NullPool)
        self._admin = sa.create_engine(
            admin_url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )

    def effects(self) -> list[Effect]:
        with self.engine.connect() as connection:
            return Store(connection=connection).all()

    def sequences(self, subject: UUID) -> list[int]:
        return [effect.sequence for effect in self.effects() if effect.subject == subject]

    def parked(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.text("SELECT code FROM parked")))

    def waits_for(self, what: str) -> bool:
        """Tell whether a session waits for *what*: ``Lock``, ``PgSleep``."""
        query = sa.text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = :name AND :what IN (wait_event_type, wait_event)"
        )
        with self._admin.connect() as connection:
            parameters = {"name": self.name, "what": what}
            return bool(connection.execute(query, parameters).scalar_one())

    def close_doors(self) -> None:
        """Let the database be away."""
        with self._admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false'))
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = :name"
                ),
                {"name": self.name},
            )

    def open_doors(self) -> None:
        """Let it be back."""
        with self._admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS true'))


@pytest.fixture
def world(service_database: LendDatabase, databases: Databases) -> World:
    return World(service_database(sample("referral")), databases.admin_url)


@pytest.fixture(scope="module")
def rabbit(broker_admin: object) -> Iterator[LocalRabbit]:
    """Lend a broker of our own, to be killed; a broker must be there for this module to run at all."""
    try:
        server = LocalRabbit().start()
    except ServerError as error:
        pytest.skip(str(error))
    yield server
    server.stop()


Serve = Callable[..., Process]


@pytest.fixture
def serve(process: LendProcess, world: World) -> Serve:
    """Serve the sample on *world* and a broker, with more settings on top."""

    def make(uri: str, database: ServiceDatabase | None = None, **more: str) -> Process:
        environ = environment("referral", database or world.database, uri)
        return process("referral", uri, environ | more)

    return make


def serving(process: Process, uri: str) -> Process:
    """Start *process* and wait until it consumes."""
    process.start().ready()
    eventually(lambda: queues.consumers(uri, "referral") > 0, within=30)
    return process


def url(process: Process) -> str:
    return f"http://{process.environ['ONWARD_LISTEN']}"


def test_everything_that_waits_is_handled_in_batches_and_acknowledged(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    subjects = [uuid4() for _ in range(10)]
    events = [told(subject, number) for number in range(1, 41) for subject in subjects]
    queues.put(amqp_uri, *events)
    process = serve(amqp_uri, ONWARD_LOG_LEVEL="debug").start().ready()
    eventually(lambda: len(world.effects()) >= len(events))
    eventually(lambda: queues.ready(amqp_uri, "referral") == 0)
    for subject in subjects:
        assert world.sequences(subject) == list(range(1, 41))
    with world.engine.connect() as connection:
        query = sa.text("SELECT count(DISTINCT xmin::text) FROM effects")
        assert connection.execute(query).scalar_one() < len(events) / 10, "one commit for many"
    code, seconds = process.stop()
    assert code == 0
    assert seconds < 3
    assert queues.take(amqp_uri, "referral") == []


def test_what_somebody_waits_for_is_taken_over_at_once_with_what_gathers(
    process: LendProcess, service_database: LendDatabase, databases: Databases, amqp_uri: str
) -> None:
    database = service_database(sample("notification"))
    world = World(database, databases.admin_url)
    patient = {"SAMPLE_SET": "__main__.APART=600"}
    process(
        "notification", amqp_uri, environment("notification", database, amqp_uri) | patient
    ).start()
    eventually(lambda: queues.consumers(amqp_uri, "notification") > 0, within=30)
    queues.put(amqp_uri, *line(uuid4(), 3))
    eventually(lambda: queues.ready(amqp_uri, "notification") == 0)
    subject = uuid4()
    queues.put(amqp_uri, told(subject, 1, event=written(subject), source="referral"))
    eventually(lambda: len(world.effects()) == 4, within=10)
    with world.engine.connect() as connection:
        query = sa.text("SELECT count(DISTINCT xmin::text) FROM effects")
        assert connection.execute(query).scalar_one() == 1, "one commit for all"


def test_several_hands_keep_each_line_in_order_and_hold_nobody_else_up(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    slow, subjects = uuid4(), [uuid4() for _ in range(5)]
    events = [told(subject, number) for number in range(1, 21) for subject in subjects]
    queues.put(amqp_uri, told(slow, 1, what="slow"), *events, told(slow, 2))
    process = serving(serve(amqp_uri, ONWARD_BATCH="1", ONWARD_HANDS="4"), amqp_uri)
    eventually(lambda: len(world.effects()) == len(events) + 2)
    eventually(lambda: queues.ready(amqp_uri, "referral") == 0)
    assert [effect.subject for effect in world.effects()][-2:] == [slow, slow]
    for subject in subjects:
        assert world.sequences(subject) == list(range(1, 21))
    assert world.sequences(slow) == [1, 2]
    with world.engine.connect() as connection:
        query = sa.text("SELECT count(DISTINCT xmin::text) FROM effects")
        assert connection.execute(query).scalar_one() == len(events) + 2, "a commit for each"
        assert connection.execute(sa.text("SELECT count(*) FROM parked")).scalar_one() == 0
    code, _ = process.stop()
    assert code == 0
    assert queues.take(amqp_uri, "referral") == []


def test_several_hands_that_die_at_once_leave_nothing_undone_and_nothing_done_twice(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    slow, subjects = uuid4(), [uuid4() for _ in range(5)]
    events = [told(subject, number) for number in range(1, 21) for subject in subjects]
    queues.put(amqp_uri, told(slow, 1, what="slow"), *events)
    settings = {"ONWARD_BATCH": "1", "ONWARD_HANDS": "4"}
    process = serving(serve(amqp_uri, **settings), amqp_uri)
    eventually(lambda: len(world.effects()) > 10)
    process.close()
    serving(serve(amqp_uri, **settings), amqp_uri)
    eventually(lambda: len(world.effects()) == len(events) + 1, within=30)
    eventually(lambda: queues.ready(amqp_uri, "referral") == 0)
    for subject in subjects:
        assert world.sequences(subject) == list(range(1, 21))


def test_nothing_is_acknowledged_before_it_is_committed(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    with world.engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE effects IN EXCLUSIVE MODE"))
        queues.put(amqp_uri, told(uuid4(), 1))
        eventually(lambda: world.waits_for("Lock"))
        process.close()
    (message,) = eventually(lambda: queues.take(amqp_uri, "referral"))
    assert message.redelivered
    assert world.effects() == []


def test_hostile_headers_are_inert_and_never_become_context(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri, ONWARD_LOG_LEVEL="debug"), amqp_uri)
    headers = {
        "nameko.call_id_stack": 5,
        "nameko.user_id": "root",
        "user_id": "root",
        "auth_token": CANARY,
        "x-delivery-count": "many",
        "deep": {"a": [{"b": 1}]},
    }
    envelope = told(uuid4(), 1)
    for extra in ({"content_type": "application/x-python-serialize"}, {"priority": 255}):
        queues.put_raw(amqp_uri, envelope.event.key, encode(envelope), headers=headers, **extra)
    queues.put_raw(amqp_uri, "directory.x", b"\x80\x04pickle " + CANARY.encode(), headers=headers)
    queues.put(amqp_uri, told(envelope.subject, 2))
    eventually(lambda: world.sequences(envelope.subject) == [1, 2])
    assert world.parked() == ["broken-json"]
    assert process.alive
    log = process.log.read_text()
    assert CANARY not in log
    assert "root" not in log


def test_while_the_database_is_away_messages_wait_and_no_delivery_is_counted(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri, SAMPLE_SET="onward.link.HEARTBEAT=1"), amqp_uri)
    subject = uuid4()
    queues.put(amqp_uri, told(subject, 1))
    eventually(lambda: world.sequences(subject) == [1])
    world.close_doors()
    rest = line(subject, 350)[1:]
    queues.put(amqp_uri, *rest)
    begun = time.monotonic()
    eventually(lambda: process.said("database-awaited"))
    eventually(lambda: time.monotonic() - begun > 4, why="several heartbeats are due")
    world.open_doors()
    eventually(lambda: len(world.sequences(subject)) == 350, within=30)
    assert world.sequences(subject) == list(range(1, 351))
    assert process.said("consumer-waits") == [], "the connection held, so nothing was given back"
    assert world.parked() == []


def test_a_stop_finishes_what_it_took_and_gives_nothing_back(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    subject = uuid4()
    events = [told(subject, 1, what="slow"), *line(subject, 450)[1:]]
    queues.put(amqp_uri, *events)
    eventually(lambda: world.waits_for("PgSleep"))
    code, seconds = process.stop()
    assert code == 0
    assert seconds < 6
    left = queues.take(amqp_uri, "referral")
    handled = world.sequences(subject)
    assert handled == list(range(1, len(handled) + 1))
    assert len(handled) + len(left) == 450
    assert 0 < len(handled) < 450
    assert not any(message.redelivered for message in left)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_the_broker_is_away_takes_no_two_seconds(
    serve: Serve, rabbit: LocalRabbit, how: signal.Signals
) -> None:
    process = serving(serve(rabbit.uri), rabbit.uri)
    eventually(lambda: all(rabbit.names_on_disk(f"onward.{name}") for name in HEARS), within=30)
    rabbit.kill()
    try:
        eventually(lambda: process.said("consumer-waits"))
        code, seconds = process.stop(how)
    finally:
        rabbit.start()
    assert code == 0
    assert seconds < 2.5  # a loaded machine's slack on top of two


def test_a_stop_while_the_broker_is_silent_does_not_hang(
    serve: Serve, rabbit: LocalRabbit
) -> None:
    process = serving(serve(rabbit.uri, SAMPLE_SET="onward.link.PATIENCE=1.0"), rabbit.uri)
    rabbit.pause()
    try:
        code, seconds = process.stop()
    finally:
        rabbit.resume()
    assert code == 0
    assert seconds < 8


def test_a_stop_while_the_database_is_away_gives_the_messages_back(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    world.close_doors()
    queues.put(amqp_uri, *line(uuid4(), 3))
    eventually(lambda: process.said("database-awaited"))
    code, seconds = process.stop()
    world.open_doors()
    assert code == 0
    assert seconds < 4
    assert len(eventually(lambda: queues.take(amqp_uri, "referral"))) == 3


def test_when_the_active_replica_dies_the_other_goes_on_and_nothing_happens_twice(
    serve: Serve, world: World, amqp_uri: str, broker_admin: BrokerAdmin
) -> None:
    first = serving(serve(amqp_uri), amqp_uri)
    second = serve(amqp_uri).start().ready()
    host = urlsplit(amqp_uri).path.strip("/")

    def replicas() -> int:
        consumers = broker_admin.ask("GET", f"/consumers/{host}")
        return [each["queue"]["name"] for each in consumers].count("onward.referral")

    eventually(lambda: replicas() == 2, within=30)
    subject = uuid4()
    queues.put(amqp_uri, *line(subject, 120))
    eventually(lambda: len(world.sequences(subject)) > 0)
    first.close()
    queues.put(amqp_uri, *[told(subject, number) for number in range(121, 201)])
    eventually(lambda: len(world.sequences(subject)) >= 200, within=30)
    assert world.sequences(subject) == list(range(1, 201))
    assert world.parked() == []
    assert second.alive


def test_a_queue_that_was_deleted_is_declared_and_heard_again(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    eventually(
        lambda: queues.tied(amqp_uri, "referral"), why="the relay declares no queue any more"
    )
    with queues.channel(amqp_uri) as channel:
        channel.queue_delete("onward.referral")
    eventually(lambda: queues.consumers(amqp_uri, "referral") > 0)
    subject = uuid4()
    queues.put(amqp_uri, told(subject, 1))
    eventually(lambda: world.sequences(subject) == [1])
    assert process.alive


def test_half_a_message_on_a_dead_line_does_not_stop_the_process(
    serve: Serve, world: World, rabbit: LocalRabbit
) -> None:
    with Proxy(rabbit.port) as proxy:
        process = serving(serve(proxy.in_front_of(rabbit.uri)), rabbit.uri)
        proxy.crumb = 40
        subject = uuid4()
        queues.put(rabbit.uri, told(subject, 1))
        eventually(lambda: not proxy.crumb)
        for _ in range(3):
            answer = httpx.post(f"{url(process)}/tell/{uuid4()}", timeout=3, trust_env=False)
            assert answer.status_code == 201
        proxy.resume()
        eventually(lambda: world.sequences(subject) == [1])


def test_a_stop_finishes_the_requests_under_way_and_takes_no_new_ones(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    size = 30_000_000  # more than the sockets hold
    with ThreadPoolExecutor(1) as pool, httpx.Client(trust_env=False, timeout=20) as client:
        request = f"{url(process)}/slow?seconds=1.5&bytes={size}"
        answer = pool.submit(lambda: client.post(request))
        eventually(lambda: world.waits_for("PgSleep"))
        code, seconds = process.stop()
        assert len(answer.result().content) == size
    assert code == 0
    assert seconds < 8
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{url(process)}/tell/{uuid4()}", timeout=3, trust_env=False)


def test_what_a_request_told_arrives_and_a_failed_one_leaks_nothing(
    serve: Serve, world: World, amqp_uri: str
) -> None:
    process = serving(serve(amqp_uri), amqp_uri)
    subjects: Sequence[UUID] = [uuid4() for _ in range(5)]
    for subject in subjects:
        assert httpx.post(f"{url(process)}/tell/{subject}", trust_env=False).status_code == 201
    eventually(lambda: queues.ready(amqp_uri, "audit") == 5)
    broken = httpx.post(f"{url(process)}/broken", trust_env=False)
    assert broken.status_code == 500
    assert CANARY not in broken.text + process.log.read_text()
    queues.put(amqp_uri, told(uuid4(), 1, what="broken"))
    eventually(world.parked)
    assert CANARY not in process.log.read_text()
