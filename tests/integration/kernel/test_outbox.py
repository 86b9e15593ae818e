"""What is told is written with the change it tells of, and each line is numbered without gaps."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from uuid import UUID, uuid4

import psycopg2
import pytest
import sqlalchemy as sa

from onward import tables
from onward.codec import LARGEST, decode
from onward.contracts import Event
from onward.errors import InvalidError
from onward.identity import Actor
from onward.outbox import CHANNEL, PROMPT
from tests.integration.kernel.conftest import Lent
from tests.support.events import ACTOR, NOON, read, told, written
from tests.support.sample import Effect
from tests.support.waiting import eventually


def rows(lent: Lent) -> list[sa.Row[tuple[object, ...]]]:
    with lent.running.engine.connect() as connection:
        query = sa.select(tables.outbox).order_by(tables.outbox.c.position)
        return list(connection.execute(query))


def note(subject: UUID) -> Effect:
    return Effect(None, "asked", "asked", subject, 0)


def tell(lent: Lent, *events: Event, fail: bool = False) -> None:
    with lent.database.transaction() as uow:
        for event in events:
            uow.store.add([note(event.subject)])
            uow.emit(event)
        uow.flush()
        if fail:
            raise ZeroDivisionError


def test_a_change_and_its_event_commit_together(hearing: Lent) -> None:
    subject = uuid4()
    journey = uuid4()
    with hearing.database.transaction(actor=ACTOR, correlation_id=journey) as uow:
        uow.store.add([note(subject)])
        uow.emit(read(subject))
        assert rows(hearing) == []
    assert len(hearing.effects()) == 1
    (row,) = rows(hearing)
    envelope = decode(row.body)
    assert envelope.event == read(subject)
    assert (envelope.source, envelope.sequence, envelope.actor) == ("referral", 1, ACTOR)
    assert envelope.correlation_id == journey == row.correlation_id
    assert envelope.causation_id is None
    assert envelope.occurred_at == NOON
    assert row.sent_at is None


def test_a_transaction_that_fails_changes_nothing_and_tells_nothing(hearing: Lent) -> None:
    subject = uuid4()
    with pytest.raises(ZeroDivisionError):
        tell(hearing, read(subject), fail=True)
    assert hearing.effects() == []
    assert rows(hearing) == []
    tell(hearing, read(subject))
    assert decode(rows(hearing)[0].body).sequence == 1


def test_what_follows_from_an_event_names_it_and_its_journey(hearing: Lent) -> None:
    cause = told(uuid4(), 1)
    with hearing.database.transaction() as uow:
        uow.emit(read(cause.subject), cause=cause)
        uow.emit(read(cause.subject))
    follows, stands_alone = (decode(row.body) for row in rows(hearing))
    assert follows.causation_id == cause.id
    assert follows.correlation_id == cause.correlation_id
    assert follows.actor == cause.actor
    assert stands_alone.causation_id is None
    assert stands_alone.actor == Actor.service("referral")


def test_numbers_have_no_gaps_and_leave_in_order_whoever_writes_at_once(hearing: Lent) -> None:
    subjects = [uuid4() for _ in range(3)]
    writers, rounds = 6, 12
    start = Barrier(writers)

    def write(writer: int) -> None:
        start.wait()
        for number in range(rounds):
            events = [
                read(subject, records=records)
                for subject in subjects[:: 1 if writer % 2 else -1]
                for records in (writer, number)
            ]
            with suppress(ZeroDivisionError):
                tell(hearing, *events, fail=number % 4 == 3)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))

    told_ = writers * rounds * 3 // 4 * 2
    for subject in subjects:
        numbers = [row.sequence for row in rows(hearing) if row.subject == subject]
        assert numbers == list(range(1, told_ + 1))
    assert [decode(row.body).sequence for row in rows(hearing)] == [
        row.sequence for row in rows(hearing)
    ]


def test_events_of_one_change_leave_in_the_order_they_were_told_in(hearing: Lent) -> None:
    one, other = sorted([uuid4(), uuid4()], reverse=True)
    events = [read(one, records=1), read(other, records=2), read(one, records=3)]
    tell(hearing, *events)
    tell(hearing, read(other, records=4), read(one, records=5))
    left = [decode(row.body) for row in rows(hearing)]
    assert [(each.event, each.sequence) for each in left] == [
        *zip(events, [1, 1, 2], strict=True),
        (read(other, records=4), 2),
        (read(one, records=5), 3),
    ]


def test_a_commit_wakes_the_relay_says_whether_somebody_waits_and_an_undone_one_does_not(
    hearing: Lent,
) -> None:
    url = sa.make_url(hearing.running.settings.database_url).set(drivername="postgresql")
    listener = psycopg2.connect(url.render_as_string(hide_password=False))
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {CHANNEL}")
    with pytest.raises(ZeroDivisionError):
        tell(hearing, read(uuid4()), fail=True)
    with hearing.database.transaction() as uow:
        uow.store.add([note(uuid4())])
    tell(hearing, read(uuid4()))

    def heard() -> list[tuple[str, str]]:
        listener.poll()
        return [(notify.channel, notify.payload) for notify in listener.notifies]

    assert eventually(heard) == [(CHANNEL, "")]
    listener.notifies.clear()
    tell(hearing, read(uuid4()), written(uuid4()))
    assert eventually(heard) == [(CHANNEL, PROMPT)]
    listener.close()


def test_an_event_that_no_broker_would_take_is_refused_before_it_is_told(hearing: Lent) -> None:
    subject = uuid4()
    large = read(subject)
    object.__setattr__(large, "what", "x" * LARGEST)
    with pytest.raises(InvalidError, match="event-too-large"):
        tell(hearing, large)
    assert hearing.effects() == []
    assert rows(hearing) == []
