"""What an operator types, reads and decides: never a traceback, never anybody's data."""

import sys
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from onward import migrate, parking, service, tables
from onward.cli.app import run
from onward.clock import ManualClock
from onward.codec import decode
from onward.contracts.access import ParkedDecided
from onward.database import Database, connect
from onward.envelope import Envelope
from onward.inbox import Arrival, Inbox
from onward.service import RunningService
from onward.settings import read_settings
from tests.support.events import ACTOR, NOON, line, read, told
from tests.support.fixtures import LendDatabase, LendEmptyDatabase
from tests.support.processes import environment
from tests.support.sample import CANARY

Onward = Callable[..., tuple[int, str]]
NO_BROKER = "amqp://127.0.0.1:1"


@pytest.fixture
def onward(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Onward:
    """Run a command line; return its exit code and all that it printed."""

    def command(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["onward", *map(str, words)])
        capsys.readouterr()
        try:
            code = run()
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        text = printed.out + printed.err
        assert "Traceback" not in text
        assert CANARY not in text
        return code, text

    return command


@pytest.fixture
def referral(service_database: LendDatabase, monkeypatch: pytest.MonkeyPatch) -> RunningService:
    """Lend the referral service, configured in the environment as an operator has it."""
    environ = environment("referral", service_database("referral"), NO_BROKER)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    known = service.installed()["referral"]
    clock = ManualClock(NOON)
    return RunningService(service=known, settings=read_settings("referral", environ), clock=clock)


def park(running: RunningService, *envelopes: Envelope) -> list[UUID]:
    """Let the first of *envelopes* fail for good, and the others wait behind it."""
    parking.park(running.database, envelopes[0], ValueError(CANARY))
    with running.database.transaction() as uow:
        parking.wait(uow.connection, envelopes[1:], uow.now)
        return list(uow.connection.scalars(sa.select(tables.parked.c.id)))


def test_parked_events_are_listed_with_whole_ids_and_no_content(
    onward: Onward, referral: RunningService
) -> None:
    assert onward("parked", "list") == (0, "Nothing is parked.\n")
    ids = park(referral, *line(uuid4(), 2, what=CANARY))
    referral.inbox.receive([Arrival(b"{" + CANARY.encode())])
    code, text = onward("parked", "list")
    assert code == 0
    assert all(str(id_) in text for id_ in ids)
    assert "ValueError" in text
    assert "unreadable" in text


def test_one_parked_event_is_shown_without_its_content(
    onward: Onward, referral: RunningService
) -> None:
    event = told(uuid4(), 1, what=CANARY)
    (id_,) = park(referral, event)
    code, text = onward("parked", "show", id_)
    assert code == 0
    assert str(event.id) in text
    assert str(event.subject) in text
    assert "directory.place-queued.v1" in text


def decisions(running: RunningService) -> list[ParkedDecided]:
    with running.engine.connect() as connection:
        bodies = connection.scalars(sa.select(tables.outbox.c.body)).all()
    return [event for body in bodies if isinstance(event := decode(body).event, ParkedDecided)]


def test_an_operator_retries_and_discards(onward: Onward, referral: RunningService) -> None:
    (first, second) = park(referral, *line(uuid4(), 2))
    code, text = onward("parked", "retry", second)
    assert (code, "behind-another" in text, str(first) in text) == (1, True, True)
    assert onward("parked", "retry", first)[0] == 0
    assert onward("parked", "discard", first, "--reason", "sent twice by mistake")[0] == 0
    code, text = onward("parked", "discard", first, "--reason", "again")
    assert (code, "already-decided" in text) == (1, True)
    assert [event.decision for event in decisions(referral)] == ["retry", "discard"]
    assert "discarded" in onward("parked", "list", "--all")[1]


def test_giving_up_needs_a_reason(onward: Onward, referral: RunningService) -> None:
    (id_,) = park(referral, told(uuid4(), 1))
    code, text = onward("parked", "discard", id_)
    assert (code, "--reason" in text) == (2, True)
    code, text = onward("parked", "discard", id_, "--reason", " ")
    assert (code, "reason-required" in text) == (1, True)
    assert decisions(referral) == []


def test_an_id_that_nobody_knows_is_said_to_be_none(
    onward: Onward, referral: RunningService
) -> None:
    code, text = onward("parked", "show", uuid4())
    assert (code, "no such parked event" in text) == (1, True)
    assert onward("parked", "show", "x")[0] == 2
    assert referral


@pytest.mark.parametrize(
    "words", [("parked", "list"), ("trace", UUID(int=1)), ("migrate", "referral")]
)
def test_a_command_without_settings_says_which_one_to_set(
    onward: Onward, words: tuple[object, ...]
) -> None:
    code, text = onward(*words)
    assert code == 2
    assert "_DATABASE_URL" in text


def test_doctor_finds_nothing_wrong_where_nothing_is(
    onward: Onward, referral: RunningService, monkeypatch: pytest.MonkeyPatch, amqp_uri: str
) -> None:
    monkeypatch.setenv("ONWARD_AMQP_URI", amqp_uri)
    code, text = onward("doctor")
    assert (code, "bad" in text) == (0, False), text
    assert referral


def test_doctor_says_what_is_wrong_and_what_to_do(
    onward: Onward, referral: RunningService
) -> None:
    park(referral, told(uuid4(), 1))
    with referral.database.transaction() as uow:
        uow.emit(read(uuid4()))
    ago = sa.func.clock_timestamp() - timedelta(minutes=5)
    with referral.engine.begin() as connection:
        connection.execute(sa.update(tables.outbox).values(created_at=ago))
    code, text = onward("doctor")
    assert code == 1
    assert "1 event to send, oldest 300 s" in text
    assert "1 event parked" in text
    assert "onward parked list" in text
    assert "Start RabbitMQ, or mend ONWARD_AMQP_URI" in text


def test_doctor_tells_an_empty_database_and_an_owner_from_a_good_one(
    onward: Onward, empty_database: LendEmptyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = empty_database("referral")
    for name, value in environment("referral", database, NO_BROKER).items():
        monkeypatch.setenv(name, value)
    code, text = onward("doctor")
    assert (code, "onward migrate referral" in text) == (1, True)
    assert onward("migrate", "referral")[0] == 0
    assert "onward migrate referral" not in onward("doctor")[1]
    monkeypatch.setenv("ONWARD_REFERRAL_DATABASE_URL", database.owner_url)
    code, text = onward("doctor")
    assert (code, "a role that owns no table" in text) == (1, True)


def test_doctor_and_parked_say_so_when_the_database_is_away(
    onward: Onward, referral: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONWARD_REFERRAL_DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    code, text = onward("doctor")
    assert (code, "the database does not answer" in text) == (1, True)
    assert onward("parked", "list")[0] == 1
    assert referral


def test_a_journey_is_drawn_through_every_service_that_told_or_heard_of_it(
    onward: Onward,
    referral: RunningService,
    service_database: LendDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = service_database("audit")
    monkeypatch.setenv("ONWARD_AUDIT_DATABASE_URL", database.app_url)
    subject = uuid4()
    with referral.database.transaction(actor=ACTOR) as uow:
        uow.emit(read(subject))
    with referral.engine.connect() as connection:
        (body,) = connection.scalars(sa.select(tables.outbox.c.body)).all()
    engine = connect(database.app_url, name="test")
    hearing = Database(source="audit", engine=engine, store=str, clock=ManualClock(NOON))
    Inbox(hearing, {}).receive([Arrival(body)])
    engine.dispose()
    code, text = onward("trace", subject)
    assert code == 0
    for word in ("access.read.v1", "referral", "caseworker", "not yet", "audit"):
        assert word in text
    code, text = onward("trace", uuid4())
    assert (code, "no such referral" in text) == (1, True)


def test_what_was_sent_lately_is_sent_again_and_nothing_older(
    onward: Onward, referral: RunningService
) -> None:
    with referral.database.transaction() as uow:
        for number in range(3):
            uow.emit(read(uuid4(), records=number))
    sent = sa.text(
        "UPDATE outbox SET sent_at = clock_timestamp() - interval '1 hour' * (position - :first)"
    )
    with referral.engine.begin() as connection:
        first = connection.scalar(sa.select(sa.func.min(tables.outbox.c.position)))
        connection.execute(sent, {"first": first})
    code, text = onward("resend", "--hours", 1.5)
    assert (code, "referral: 2 events will be sent again." in text) == (0, True)
    unsent = sa.select(sa.func.count()).where(tables.outbox.c.sent_at.is_(None))
    with referral.engine.connect() as connection:
        assert connection.scalar(unsent) == 2


def test_migrating_twice_changes_nothing(onward: Onward, referral: RunningService) -> None:
    assert onward("migrate", "referral")[0] == 0
    with referral.engine.connect() as connection:
        assert migrate.is_current(referral.service, connection)
