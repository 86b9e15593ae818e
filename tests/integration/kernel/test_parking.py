"""What could not be handled is decided by a human: nothing leaves without a trace."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from onward import housekeeping, parking, tables
from onward.clock import ManualClock
from onward.codec import decode, encode
from onward.contracts.access import ParkedDecided
from onward.envelope import Envelope
from onward.errors import ConflictError, InvalidError, NotFoundError
from onward.identity import Actor, Role
from onward.parking import Parked
from tests.integration.kernel.conftest import Lent
from tests.support.events import line, told
from tests.support.sample import CANARY

OPERATOR = Actor(principal="operator:rhys", organisation=None, role=Role.OPERATOR)


def parked(lent: Lent, *, everything: bool = False) -> list[Parked]:
    with lent.running.engine.connect() as connection:
        return parking.listed(connection, everything=everything)


def decisions(lent: Lent) -> list[Envelope]:
    with lent.running.engine.connect() as connection:
        bodies = connection.scalars(sa.select(tables.outbox.c.body)).all()
    return [decode(body) for body in bodies]


def poisoned(lent: Lent, length: int = 3) -> list[Envelope]:
    """Let a line arrive whose first event can never be handled."""
    subject = uuid4()
    events = [told(subject, 1, what="poison"), *line(subject, length)[1:]]
    lent.arrive(*events)
    return events


def test_a_discarded_event_lets_its_line_go_on_and_the_decision_is_told(hearing: Lent) -> None:
    first, *_ = poisoned(hearing)
    culprit = parked(hearing)[0]
    parking.discard(hearing.database, culprit.id, by=OPERATOR, reason=f"double of {CANARY}")
    hearing.inbox.carry_on()
    assert hearing.sequences() == [2, 3]
    assert parked(hearing) == []
    (decision,) = decisions(hearing)
    assert isinstance(decision.event, ParkedDecided)
    assert decision.actor == OPERATOR
    assert (decision.event.event_id, decision.event.service) == (first.id, "referral")
    assert decision.event.decision == "discard"
    assert CANARY.encode() not in encode(decision)
    kept = parked(hearing, everything=True)[0]
    assert (kept.status, kept.reason) == ("discarded", f"double of {CANARY}")


def test_a_discarded_event_that_comes_again_stays_discarded(hearing: Lent) -> None:
    first, *_ = poisoned(hearing)
    parking.discard(hearing.database, parked(hearing)[0].id, by=OPERATOR, reason="sent by mistake")
    hearing.arrive(first)
    hearing.arrive(first)
    assert hearing.sequences() == [2, 3]
    assert parked(hearing) == []


def test_a_reason_is_needed_to_give_an_event_up(hearing: Lent) -> None:
    poisoned(hearing)
    with pytest.raises(InvalidError, match="reason-required"):
        parking.discard(hearing.database, parked(hearing)[0].id, by=OPERATOR, reason="  ")
    assert parked(hearing)[0].status == "parked"


def test_an_event_behind_another_cannot_be_decided_first(hearing: Lent) -> None:
    poisoned(hearing)
    first, second, _ = parked(hearing)
    for decide in (parking.retry, lambda *a, **k: parking.discard(*a, reason="why not", **k)):
        with pytest.raises(ConflictError, match="behind-another") as refused:
            decide(hearing.database, second.id, by=OPERATOR)
        assert str(first.id) in refused.value.detail
    assert decisions(hearing) == []


def test_an_event_is_decided_once(hearing: Lent) -> None:
    poisoned(hearing)
    culprit = parked(hearing)[0].id
    parking.discard(hearing.database, culprit, by=OPERATOR, reason="sent by mistake")
    with pytest.raises(ConflictError, match="already-decided"):
        parking.retry(hearing.database, culprit, by=OPERATOR)
    with pytest.raises(NotFoundError):
        parking.retry(hearing.database, uuid4(), by=OPERATOR)
    assert len(decisions(hearing)) == 1


def test_a_retry_starts_over_and_is_told(hearing: Lent) -> None:
    poisoned(hearing)
    culprit = parked(hearing)[0].id
    parking.retry(hearing.database, culprit, by=OPERATOR)
    hearing.inbox.carry_on()
    again = parked(hearing)[0]
    assert (again.status, again.code, again.attempts) == ("parked", "never-works", 1)
    (decision,) = decisions(hearing)
    assert isinstance(decision.event, ParkedDecided)
    assert decision.event.decision == "retry"


def test_an_unreadable_event_is_handled_once_this_version_can_read_it(hearing: Lent) -> None:
    first, second = line(uuid4(), 2)
    hearing.arrive(encode(first).replace(b"place-queued", b"roof-mended!"), second)
    with hearing.database.transaction() as uow:  # what an upgrade does, as far as the row can tell
        uow.connection.execute(
            sa.update(tables.parked).filter_by(event_id=first.id).values(body=encode(first))
        )
    parking.retry(hearing.database, parked(hearing)[0].id, by=OPERATOR)
    hearing.inbox.carry_on()
    assert hearing.sequences() == [1, 2]


def test_a_message_that_stays_unreadable_is_parked_again_though_its_double_came(
    hearing: Lent,
) -> None:
    hearing.arrive(b"{")
    parking.retry(hearing.database, parked(hearing)[0].id, by=OPERATOR)
    hearing.arrive(b"{")
    hearing.inbox.carry_on()
    assert [(each.status, each.code) for each in parked(hearing)] == [("parked", "broken-json")]


def test_an_operator_may_step_over_a_gap_and_the_missing_event_is_then_shown(
    hearing: Lent, clock: ManualClock
) -> None:
    first, second, third = line(uuid4(), 3)
    hearing.arrive(second, third)
    parking.retry(hearing.database, parked(hearing)[0].id, by=OPERATOR)
    hearing.inbox.carry_on()
    assert hearing.sequences() == [2, 3]
    hearing.arrive(first)
    (late,) = parked(hearing)
    assert (late.event_id, late.status, late.code) == (first.id, "parked", "late")
    parking.retry(hearing.database, late.id, by=OPERATOR)
    hearing.inbox.carry_on()
    assert hearing.sequences() == [2, 3, 1]
    fourth = told(first.subject, 4)
    hearing.arrive(fourth)
    assert hearing.sequences() == [2, 3, 1, 4]


def test_an_event_handled_by_another_consumer_meanwhile_is_not_handled_again(
    hearing: Lent, clock: ManualClock
) -> None:
    event = told(uuid4(), 1)
    parking.park(hearing.database, event, ValueError())
    hearing.arrive(event)
    assert hearing.sequences() == [1]
    clock.advance(parking.PAUSES[0])
    hearing.inbox.carry_on()
    assert hearing.sequences() == [1]
    assert parked(hearing) == []


def test_what_has_done_its_duty_is_forgotten_and_what_waits_for_a_human_is_not(
    hearing: Lent, clock: ManualClock
) -> None:
    hearing.arrive(told(uuid4(), 1))
    poisoned(hearing, 1)
    poisoned(hearing, 1)
    parking.discard(hearing.database, parked(hearing)[0].id, by=OPERATOR, reason="a double")
    with hearing.database.transaction() as uow:
        for table, column in (
            (tables.outbox, "created_at"),
            (tables.inbox, "received_at"),
            (tables.parked, "parked_at"),
        ):
            ago = sa.func.clock_timestamp() - sa.text("interval '40 days'")
            uow.connection.execute(sa.update(table).values({column: ago}))
    clock.advance(parking.GAP * 4 * 24 * 40)
    housekeeping.forget(hearing.running)
    kept = [each.status for each in parked(hearing, everything=True)]
    assert sorted(kept) == ["discarded", "parked"]
    assert len(decisions(hearing)) == 1, "what was never sent is kept however old"
    with hearing.running.engine.connect() as connection:
        assert connection.execute(sa.select(tables.inbox)).all() == []


@pytest.mark.parametrize("table", ["outbox", "inbox", "idempotency"])
def test_what_is_old_is_found_without_reading_what_is_young(hearing: Lent, table: str) -> None:
    (statement,) = (each for each in housekeeping.FORGET if f"DELETE FROM {table} " in each.text)
    with hearing.running.engine.connect() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = connection.scalars(sa.text(f"EXPLAIN {statement.text}")).all()
    assert any("Index Cond" in line for line in plan), "\n".join(plan)


def test_rehearsed_days_do_not_make_young_rows_old(hearing: Lent, clock: ManualClock) -> None:
    event = told(uuid4(), 1)
    hearing.arrive(event)
    clock.advance(parking.GAP * 4 * 24 * 40)
    housekeeping.forget(hearing.running)
    with hearing.running.engine.connect() as connection:
        assert len(connection.execute(sa.select(tables.inbox)).all()) == 1
