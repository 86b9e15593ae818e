"""The relay sends what the outbox holds, in order, and whatever dies or stalls loses nothing."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg2
import pytest
import sqlalchemy as sa

from onward import link, outbox, relay, tables
from onward.broker import Outgoing, Publisher, Subscription
from onward.codec import CONTENT_TYPE, decode
from onward.envelope import Envelope
from onward.pace import SENT
from onward.relay import Relay
from onward.servers import LocalRabbit, ServerError
from onward.settings import Settings
from onward.topology import HEARS
from tests.integration.kernel.conftest import Lent
from tests.support import queues
from tests.support.databases import Databases
from tests.support.events import read, written
from tests.support.waiting import eventually

StartRelay = Callable[..., "Running"]


class Running:
    """A relay in a thread."""

    def __init__(self, settings: Settings, apart: float = SENT) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self.relay = Relay(settings, self._stop.is_set, apart=apart)
        self.thread = threading.Thread(target=self.relay.run, daemon=True)
        self.thread.start()

    def stop(self) -> float:
        begun = time.monotonic()
        self._stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()
        return time.monotonic() - begun

    def end(self) -> None:
        """Stop without waiting for the next look."""
        self._stop.set()
        address = self._settings.database_url.replace("postgresql+psycopg2", "postgresql")
        with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {outbox.CHANNEL}")
            connection.commit()
        self.stop()


@pytest.fixture
def start() -> Iterator[StartRelay]:
    with ExitStack() as stack:

        def begin(settings: Settings, apart: float = SENT) -> Running:
            running = Running(settings, apart)
            stack.callback(running.end)
            return running

        yield begin


@pytest.fixture(scope="module")
def rabbit(broker_admin: object) -> Iterator[LocalRabbit]:
    """Lend a broker of our own, to be killed; a broker must be there for this module to run at all."""
    try:
        server = LocalRabbit().start()
    except ServerError as error:
        pytest.skip(str(error))
    yield server
    server.stop()


def on(lent: Lent, uri: str) -> Settings:
    return replace(lent.running.settings, amqp_uri=uri)


def tell(lent: Lent, subject: UUID, times: int = 1) -> None:
    for number in range(times):
        with lent.database.transaction() as uow:
            uow.emit(read(subject, records=number))


def unsent(lent: Lent) -> int:
    query = sa.select(sa.func.count()).where(tables.outbox.c.sent_at.is_(None))
    with lent.running.engine.connect() as connection:
        count: int = connection.execute(query).scalar_one()
        return count


def all_sent(lent: Lent) -> bool:
    return unsent(lent) == 0


def arrived(uri: str) -> list[Envelope]:
    return [decode(found.body) for found in queues.take(uri, "audit")]


def numbers(envelopes: Sequence[Envelope], subject: UUID) -> list[int]:
    """Return the numbers of *subject*'s events in order of arrival, doubles left out."""
    return list(dict.fromkeys(e.sequence for e in envelopes if e.subject == subject))


@contextmanager
def administrator(databases: Databases) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        databases.admin_url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        yield connection


def leaders(databases: Databases, lent: Lent) -> list[int]:
    query = sa.text(
        "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = :name"
        " AND locktype = 'advisory' AND objid = :lock AND granted"
    )
    name = lent.running.engine.url.database
    with administrator(databases) as connection:
        return list(connection.scalars(query, {"name": name, "lock": relay.LOCK}))


def test_what_was_told_before_and_while_it_runs_arrives_in_order_and_is_marked(
    hearing: Lent, amqp_uri: str, start: StartRelay
) -> None:
    before, during = uuid4(), uuid4()
    tell(hearing, before, 5)
    start(on(hearing, amqp_uri))
    tell(hearing, during, 5)
    tell(hearing, before, 2)
    eventually(lambda: all_sent(hearing))
    found = queues.take(amqp_uri, "audit")
    envelopes = [decode(each.body) for each in found]
    assert numbers(envelopes, before) == list(range(1, 8))
    assert numbers(envelopes, during) == list(range(1, 6))
    assert len(envelopes) == 12
    for each, envelope in zip(found, envelopes, strict=True):
        assert each.properties.message_id == str(envelope.id)
        assert each.properties.content_type == CONTENT_TYPE
        assert each.properties.delivery_mode == 2
        assert not each.properties.headers


def test_a_commit_is_sent_at_once_and_not_at_the_next_look(
    hearing: Lent, amqp_uri: str, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK", 8.0)
    start(on(hearing, amqp_uri))
    tell(hearing, uuid4())
    eventually(lambda: all_sent(hearing), within=25)  # at the first look, however slow the start
    for _ in range(5):
        tell(hearing, uuid4())
        eventually(lambda: all_sent(hearing), within=5)


def test_a_commit_that_comes_while_another_is_sent_does_not_wait_for_the_next_look(
    hearing: Lent, amqp_uri: str, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOOK", 8.0)
    publish = Publisher.publish
    meanwhile = iter([uuid4()])

    def and_another(self: Publisher, events: Sequence[Outgoing]) -> set[str]:
        for subject in meanwhile:
            tell(hearing, subject)
        return publish(self, events)

    monkeypatch.setattr(Publisher, "publish", and_another)
    tell(hearing, uuid4())
    start(on(hearing, amqp_uri))
    eventually(lambda: all_sent(hearing), within=6)
    assert len(arrived(amqp_uri)) == 2


def test_what_somebody_waits_for_is_sent_at_once_and_takes_along_what_gathers(
    hearing: Lent, amqp_uri: str, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, batches = Publisher.publish, []

    def noted(self: Publisher, events: Sequence[Outgoing]) -> set[str]:
        refused = publish(self, events)
        batches.append(len(events))
        return refused

    monkeypatch.setattr(Publisher, "publish", noted)
    tell(hearing, uuid4())
    start(on(hearing, amqp_uri), apart=600.0)
    eventually(lambda: batches == [1])
    tell(hearing, uuid4(), 2)
    with hearing.database.transaction() as uow:
        uow.emit(written(uuid4()))
    eventually(lambda: len(batches) > 1, within=10)
    assert batches == [1, 3]
    assert len(arrived(amqp_uri)) == 4


def test_an_event_that_reaches_no_queue_stays_pending_is_said_and_sent_once_there_is_one(
    hearing: Lent,
    amqp_uri: str,
    start: StartRelay,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "WATCH", 3600)  # else the queue may be back before it is missed
    start(on(hearing, amqp_uri))
    tell(hearing, uuid4())
    eventually(lambda: all_sent(hearing))
    with queues.channel(amqp_uri) as channel:
        channel.queue_delete("onward.audit")
    subject = uuid4()
    tell(hearing, subject)
    eventually(lambda: "events-unroutable" in capsys.readouterr().out)
    eventually(lambda: all_sent(hearing))
    assert numbers(arrived(amqp_uri), subject) == [1]
    with hearing.running.engine.connect() as connection:
        query = sa.select(tables.outbox.c.attempts, tables.outbox.c.problem)
        assert connection.execute(query.filter_by(subject=subject)).all() == [(1, "unroutable")]


@pytest.mark.parametrize("now", ["missing", "made anew"])
def test_what_a_deleted_queue_held_or_missed_is_sent_again_though_others_took_it(
    now: str, hearing: Lent, amqp_uri: str, start: StartRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    start(on(hearing, amqp_uri))
    held, missed = uuid4(), uuid4()
    tell(hearing, held)
    eventually(lambda: all_sent(hearing))
    with queues.channel(amqp_uri) as channel:
        channel.queue_bind("onward.notification", "onward.events", "access.#")
        channel.queue_delete("onward.audit")
    tell(hearing, missed)
    eventually(lambda: all_sent(hearing))
    if now == "made anew":
        Subscription(amqp_uri, "audit").close(politely=True)
    eventually(lambda: "queue-lost" in capsys.readouterr().out)
    eventually(lambda: all_sent(hearing))
    assert {e.subject for e in arrived(amqp_uri)} >= {held, missed}


def test_what_was_sent_is_marked_later_and_not_sent_again_meanwhile(
    hearing: Lent, amqp_uri: str, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MARKED", 3600)
    running, subject = start(on(hearing, amqp_uri)), uuid4()
    tell(hearing, subject, 2)
    eventually(lambda: queues.ready(amqp_uri, "audit") == 2)
    tell(hearing, subject, 3)
    eventually(lambda: queues.ready(amqp_uri, "audit") == 5)
    assert unsent(hearing) == 5
    running.stop()
    assert unsent(hearing) == 0
    assert [e.sequence for e in arrived(amqp_uri)] == [1, 2, 3, 4, 5]


def test_what_a_lost_queue_held_is_sent_again_though_it_was_not_marked_yet(
    hearing: Lent, amqp_uri: str, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MARKED", 3600)
    running, subject = start(on(hearing, amqp_uri)), uuid4()
    tell(hearing, subject, 3)
    eventually(lambda: queues.ready(amqp_uri, "audit") == 3)
    with queues.channel(amqp_uri) as channel:
        channel.queue_delete("onward.audit")
    Subscription(amqp_uri, "audit").close(politely=True)
    eventually(lambda: queues.ready(amqp_uri, "audit") == 3)
    running.stop()
    assert unsent(hearing) == 0


def test_a_queue_that_is_there_is_not_told_again(
    hearing: Lent, amqp_uri: str, start: StartRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        running = start(on(hearing, amqp_uri))
        tell(hearing, uuid4())
        eventually(lambda: all_sent(hearing))
        running.stop()
    assert "queue-lost" not in capsys.readouterr().out
    assert len(arrived(amqp_uri)) == 2


def test_a_large_backlog_arrives_whole_and_in_order(
    hearing: Lent, amqp_uri: str, start: StartRelay
) -> None:
    subjects = [uuid4() for _ in range(3)]
    with hearing.database.transaction() as uow:
        for number in range(relay.BATCH):
            for subject in subjects:
                uow.emit(read(subject, records=number))
    start(on(hearing, amqp_uri))
    eventually(lambda: all_sent(hearing), within=30)
    envelopes = arrived(amqp_uri)
    assert len(envelopes) == 3 * relay.BATCH
    for subject in subjects:
        assert numbers(envelopes, subject) == list(range(1, relay.BATCH + 1))


def test_of_two_relays_one_is_active_and_the_other_takes_over_when_it_dies(
    hearing: Lent, amqp_uri: str, start: StartRelay, databases: Databases
) -> None:
    settings = on(hearing, amqp_uri)
    start(settings)
    (first,) = eventually(lambda: leaders(databases, hearing))
    start(settings)
    subject = uuid4()
    tell(hearing, subject, 3)
    eventually(lambda: all_sent(hearing))
    assert leaders(databases, hearing) == [first]
    with administrator(databases) as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    tell(hearing, subject, 3)
    eventually(lambda: all_sent(hearing))
    (second,) = leaders(databases, hearing)
    assert second != first
    assert numbers(arrived(amqp_uri), subject) == list(range(1, 7))


@pytest.mark.parametrize("trouble", [TimeoutError, psycopg2.OperationalError, OSError])
def test_the_relay_outlives_whatever_its_connections_do(
    hearing: Lent,
    amqp_uri: str,
    start: StartRelay,
    monkeypatch: pytest.MonkeyPatch,
    trouble: type[Exception],
) -> None:
    troubles = iter([trouble(), trouble()])
    session = Relay._session

    def trying(self: Relay) -> None:
        if error := next(troubles, None):
            raise error
        session(self)

    monkeypatch.setattr(Relay, "_session", trying)
    tell(hearing, uuid4())
    start(on(hearing, amqp_uri))
    eventually(lambda: all_sent(hearing))


def test_while_the_broker_is_away_nothing_is_lost_and_then_everything_arrives_in_order(
    hearing: Lent, rabbit: LocalRabbit, start: StartRelay
) -> None:
    running = start(on(hearing, rabbit.uri))
    subject = uuid4()
    tell(hearing, subject, 2)
    eventually(lambda: all_sent(hearing), within=30)
    eventually(lambda: all(rabbit.names_on_disk(f"onward.{name}") for name in HEARS), within=30)
    rabbit.kill()
    tell(hearing, subject, 3)
    assert unsent(hearing) == 3
    rabbit.start()
    eventually(lambda: all_sent(hearing), within=30)
    assert numbers(arrived(rabbit.uri), subject) == [1, 2, 3, 4, 5]
    rabbit.kill()
    tell(hearing, subject)
    assert running.stop() < 2
    rabbit.start()


def test_a_broker_that_falls_silent_holds_no_call_up_for_long(
    hearing: Lent, rabbit: LocalRabbit, start: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "PATIENCE", 1.0)
    running = start(on(hearing, rabbit.uri))
    subject = uuid4()
    tell(hearing, subject)
    eventually(lambda: all_sent(hearing), within=30)
    rabbit.pause()
    try:
        tell(hearing, subject, 4)
        assert running.stop() < 6
    finally:
        rabbit.resume()
    assert unsent(hearing) == 4
    start(on(hearing, rabbit.uri))
    eventually(lambda: all_sent(hearing), within=30)
    assert numbers(arrived(rabbit.uri), subject) == [1, 2, 3, 4, 5]
