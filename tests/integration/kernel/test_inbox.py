"""Each event is handled once and in its line's order, however it arrives."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from onward import parking, tables
from onward.clock import ManualClock
from onward.codec import LARGEST, encode
from onward.contracts.directory import PlaceQueued, PlaceReleased, PlaceTaken
from onward.database import ContendedError, UnitOfWork
from onward.envelope import Envelope
from onward.inbox import SUSPECT, Arrival, Handler, Inbox, in_order
from onward.parking import Parked
from tests.integration.kernel.conftest import LendSample, Lent
from tests.support.events import line, told
from tests.support.sample import CANARY, Store, record

Batch = Sequence[Envelope]


def parked(lent: Lent, *, everything: bool = False) -> list[Parked]:
    with lent.running.engine.connect() as connection:
        return parking.listed(connection, everything=everything)


def seen(lent: Lent) -> int:
    with lent.running.engine.connect() as connection:
        found: int = connection.execute(
            sa.select(sa.func.count()).select_from(tables.inbox)
        ).scalar_one()
        return found


def test_an_event_that_comes_again_has_no_second_effect(hearing: Lent) -> None:
    first, second = line(uuid4(), 2)
    hearing.arrive(first, first, second)
    hearing.arrive(first)
    hearing.arrive(second, first)
    assert hearing.sequences() == [1, 2]
    assert parked(hearing) == []


def test_two_deliveries_at_once_have_one_effect(lend: LendSample) -> None:
    handling, go_on = Event(), Event()

    def slowly(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        handling.set()
        assert go_on.wait(10)
        record(uow, envelopes)

    lent = lend(handle=slowly)
    events = line(uuid4(), 3)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lent.arrive, *events)
        assert handling.wait(10)
        second = pool.submit(lent.arrive, *events)
        go_on.set()
        first.result(30)
        second.result(30)
    assert lent.sequences() == [1, 2, 3]
    assert parked(lent) == []


@pytest.mark.parametrize("seed", range(3))
def test_order_holds_though_everything_comes_thrice_shuffled_and_to_two_consumers(
    hearing: Lent, seed: int
) -> None:
    shuffle = random.Random(seed)  # noqa: S311 - only shuffles
    subjects = [uuid4() for _ in range(5)]
    everything = [event for subject in subjects for event in line(subject, 8)] * 3
    shuffle.shuffle(everything)
    halves = everything[::2], everything[1::2]
    start = Barrier(2)

    def consume(events: Batch) -> None:
        start.wait()
        rest = list(events)
        while rest:
            size = shuffle.randint(1, 20)
            hearing.arrive(*rest[:size])
            rest = rest[size:]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(consume, halves))

    effects = hearing.effects()
    for subject in subjects:
        assert [e.sequence for e in effects if e.subject == subject] == list(range(1, 9))
    assert parked(hearing) == []


def test_an_early_event_waits_and_follows_its_predecessor(hearing: Lent) -> None:
    first, second, third = line(uuid4(), 3)
    hearing.arrive(third, second)
    assert hearing.sequences() == []
    assert [(each.sequence, each.status) for each in parked(hearing)] == [
        (2, "waiting"),
        (3, "waiting"),
    ]
    hearing.arrive(first)
    assert hearing.sequences() == [1, 2, 3]
    assert parked(hearing) == []


def test_a_gap_is_shown_after_a_while_and_closes_by_itself_once_the_missing_one_comes(
    hearing: Lent, clock: ManualClock
) -> None:
    first, second, third = line(uuid4(), 3)
    hearing.arrive(second, third)
    clock.advance(parking.GAP)
    parking.show_gaps(hearing.database)
    assert [(each.sequence, each.status, each.code) for each in parked(hearing)] == [
        (2, "parked", "gap"),
        (3, "waiting", "early"),
    ]
    hearing.arrive(first)
    assert hearing.sequences() == [1, 2, 3]
    assert parked(hearing) == []


def test_one_that_fails_waits_alone_with_its_line_while_the_others_are_handled(
    hearing: Lent, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = uuid4(), uuid4()
    first, second, third = line(bad, 3, what="broken")
    hearing.arrive(told(good, 1), first, told(good, 2), second, third, told(good, 3))
    assert [(e.subject, e.sequence) for e in hearing.effects()] == [(good, n) for n in (1, 2, 3)]
    assert [(each.sequence, each.status, each.code) for each in parked(hearing)] == [
        (1, "retrying", "ValueError"),
        (2, "waiting", "early"),
        (3, "waiting", "early"),
    ]
    logged = capsys.readouterr()
    assert "event-parked" in logged.out
    assert CANARY not in logged.out + logged.err


def test_a_failed_event_is_tried_again_with_growing_pauses_and_then_left_to_a_human(
    lend: LendSample, clock: ManualClock
) -> None:
    tries: list[Any] = []

    def never(_uow: UnitOfWork[Store], _envelopes: Batch) -> None:
        tries.append(clock.now())
        raise ConnectionError

    lent = lend(handle=never)
    lent.arrive(told(uuid4(), 1))
    del tries[0]  # with the batch, and then alone, at once
    assert len(tries) == 1
    for pause in parking.PAUSES:
        (waiting,) = parked(lent)
        assert waiting.status == "retrying"
        assert waiting.due_at == clock.now() + pause
        before = len(tries)
        clock.advance(pause - timedelta(milliseconds=1))
        lent.inbox.carry_on()
        assert len(tries) == before
        clock.advance(timedelta(milliseconds=1))
        lent.inbox.carry_on()
        assert len(tries) == before + 1
    (given_up,) = parked(lent)
    assert (given_up.status, given_up.due_at) == ("parked", None)
    assert given_up.attempts == len(parking.PAUSES) + 1
    clock.advance(timedelta(days=30))
    lent.inbox.carry_on()
    assert len(tries) == len(parking.PAUSES) + 1


def test_a_failure_that_passes_is_made_good_and_its_line_follows(
    lend: LendSample, clock: ManualClock
) -> None:
    failures = iter([ValueError(), ValueError(), ValueError()])

    def at_last(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        if error := next(failures, None):
            raise error
        record(uow, envelopes)

    lent = lend(handle=at_last)
    subject = uuid4()
    lent.arrive(told(subject, 1))
    lent.arrive(told(subject, 2))
    assert lent.sequences() == []
    clock.advance(parking.PAUSES[0])
    lent.inbox.carry_on()
    assert lent.sequences() == []
    clock.advance(parking.PAUSES[1])
    lent.inbox.carry_on()
    assert lent.sequences() == [1, 2]
    assert [each.status for each in parked(lent, everything=True)] == ["resolved", "resolved"]


def test_a_poison_is_parked_at_once(hearing: Lent) -> None:
    hearing.arrive(told(uuid4(), 1, what="poison"))
    (event,) = parked(hearing)
    assert (event.status, event.code, event.attempts) == ("parked", "never-works", 1)
    assert event.due_at is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "broken-json"),
        (b'{"specversion": "1.0"}', "not-cloudevents"),
        (CANARY.encode() + b" " * LARGEST, "oversize"),
    ],
)
def test_a_message_that_is_no_event_is_parked_once_and_the_log_has_no_word_of_it(
    hearing: Lent, body: bytes, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    good = told(uuid4(), 1)
    hearing.arrive(body, good, body)
    hearing.arrive(body)
    (message,) = parked(hearing)
    assert (message.status, message.code, message.size) == ("parked", code, len(body))
    assert message.event_id is None
    assert len(hearing.effects()) == 1
    logged = capsys.readouterr()
    assert message.sha256.hex() in logged.out + logged.err
    assert CANARY not in logged.out + logged.err


def test_an_event_of_unknown_type_keeps_its_line_waiting_until_it_is_decided(
    hearing: Lent,
) -> None:
    first, second = line(uuid4(), 2)
    unknown = encode(first).replace(b"place-queued", b"roof-mended!")
    hearing.arrive(unknown, second)
    assert [(each.sequence, each.status, each.code) for each in parked(hearing)] == [
        (1, "parked", "unknown-type"),
        (2, "waiting", "early"),
    ]


def test_an_event_whose_number_was_passed_is_shown_and_not_dropped(hearing: Lent) -> None:
    subject = uuid4()
    hearing.arrive(*line(subject, 3))
    stranger = told(subject, 2)
    hearing.arrive(stranger)
    hearing.arrive(stranger)
    (event,) = parked(hearing)
    assert (event.event_id, event.status, event.code) == (stranger.id, "parked", "late")
    assert hearing.sequences() == [1, 2, 3]


def test_work_that_stood_in_anothers_way_is_tried_again_at_once(lend: LendSample) -> None:
    tries = count(1)

    def contended(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        if next(tries) < 3:
            raise ContendedError
        record(uow, envelopes)

    lent = lend(handle=contended)
    lent.arrive(told(uuid4(), 1))
    assert lent.sequences() == [1]
    assert parked(lent, everything=True) == []


def test_two_that_wait_for_each_other_both_end_well(lend: LendSample) -> None:
    both = Barrier(2)
    met = iter([True, True])

    def crosswise(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        uow.connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": envelopes[0].subject.int % 2}
        )
        if next(met, False):
            both.wait(10)
        uow.connection.execute(
            sa.text("SELECT pg_advisory_xact_lock(:key)"),
            {"key": (envelopes[0].subject.int + 1) % 2},
        )
        record(uow, envelopes)

    lent = lend(handle=crosswise)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lent.arrive, [told(UUID(int=20), 1), told(UUID(int=21), 1)]))
    assert len(lent.effects()) == 2
    assert parked(lent, everything=True) == []


def test_a_message_that_was_often_given_back_is_handled_apart_from_the_others(
    hearing: Lent,
) -> None:
    suspects = line(uuid4(), 2)
    hearing.arrive(*suspects, deliveries=SUSPECT)
    assert hearing.sequences() == [1, 2]
    assert [each.status for each in parked(hearing, everything=True)] == ["resolved", "resolved"]


def test_an_event_that_ends_the_process_each_time_stops_nobody_and_is_left_to_a_human(
    lend: LendSample, clock: ManualClock
) -> None:
    class ProcessEnds(BaseException):
        """Stands for a crash: nothing after it runs."""

    def deadly(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        if any(getattr(envelope.event, "band", None) == "deadly" for envelope in envelopes):
            raise ProcessEnds
        record(uow, envelopes)

    lent = lend(handle=deadly)
    killer, good = uuid4(), uuid4()
    batch = [told(killer, 1, what="deadly"), told(good, 1), told(killer, 2)]
    for _ in range(SUSPECT):
        with pytest.raises(ProcessEnds):
            lent.arrive(*batch)
    with pytest.raises(ProcessEnds):
        lent.arrive(*batch, deliveries=SUSPECT)
    crashes = 1
    for pause in parking.PAUSES:
        lent.inbox.carry_on()  # it is not due: the others go on
        assert [effect.subject for effect in lent.effects()] == [good]
        clock.advance(pause)
        with pytest.raises(ProcessEnds):
            lent.inbox.carry_on()
        crashes += 1
    clock.advance(timedelta(days=1))
    lent.inbox.carry_on()
    open_ = {each.sequence: each for each in parked(lent) if each.subject == killer}
    assert (open_[1].status, open_[1].code) == ("parked", "never-finished")
    assert open_[2].status == "waiting"
    assert crashes == len(parking.PAUSES) + 1


def test_a_backlog_of_waiting_events_is_released_in_portions(
    hearing: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "PORTION", 5)
    events = line(uuid4(), 9)
    hearing.arrive(*events[1:])
    hearing.arrive(events[0])
    assert hearing.sequences() == [1, 2, 3, 4, 5, 6]
    hearing.inbox.carry_on()
    assert hearing.sequences() == list(range(1, 10))


def test_handlers_see_lines_in_the_order_they_arrived(lend: LendSample) -> None:
    batches: list[list[UUID]] = []

    def note(uow: UnitOfWork[Store], envelopes: Batch) -> None:
        batches.append([envelope.subject for envelope in envelopes])
        record(uow, envelopes)

    lent = lend(handle=note)
    subjects = [uuid4() for _ in range(30)]
    lent.arrive(*[told(subject, 1) for subject in subjects])
    assert batches == [subjects]
    assert seen(lent) == 30


def test_a_handler_that_minds_the_order_is_given_more_of_a_line_at_once(lend: LendSample) -> None:
    calls: list[tuple[str, list[int]]] = []

    def noting(name: str) -> Handler[Store]:
        def note(uow: UnitOfWork[Store], envelopes: Batch) -> None:
            calls.append((name, [envelope.sequence for envelope in envelopes]))
            record(uow, envelopes)

        return note

    subject, lent = uuid4(), lend()
    whole = in_order(noting("whole"))
    handlers = {PlaceQueued: whole, PlaceTaken: whole, PlaceReleased: noting("one by one")}
    ids = dict.fromkeys(("handoff_id", "referral_id", "service_id"), subject)
    taken = PlaceTaken(place_id=subject, **ids)
    released = PlaceReleased(reason="ended", **ids)
    events = [
        told(subject, number, event=event)
        for number, event in enumerate((None, taken, released, released, taken, None), 1)
    ]
    Inbox(lent.database, handlers).receive([Arrival(encode(each)) for each in events])
    assert calls == [
        ("whole", [1, 2]),
        ("one by one", [3]),
        ("one by one", [4]),
        ("whole", [5, 6]),
    ]
    assert lent.sequences() == [1, 2, 3, 4, 5, 6]
