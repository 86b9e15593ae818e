"""What time brings about: each deadline once, rung by rung, whoever else is at work."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from onward.clock import ManualClock
from onward.contracts import referral as told
from onward.service import RunningService
from services.referral.handlers.deadlines import act_on_deadlines
from services.referral.timers import watch_deadlines
from tests.integration.referral import world
from tests.integration.referral.world import Desk, Directory

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def reached(running: RunningService) -> list[tuple[str, int]]:
    """Return the deadlines told, with their rung."""
    return [
        (envelope.event.kind, envelope.event.rung)
        for envelope in world.envelopes(running)
        if isinstance(envelope.event, told.DeadlineReached)
    ]


def test_an_unseen_request_is_told_rung_by_rung_and_each_rung_once(
    ward: Desk, running: RunningService, clock: ManualClock
) -> None:
    ward.sent()
    watch_deadlines(running)
    assert reached(running) == []
    clock.advance(4 * HOUR)
    watch_deadlines(running)
    watch_deadlines(running)
    assert reached(running) == [("acknowledge", 1)]
    clock.advance(20 * HOUR)
    watch_deadlines(running)
    assert reached(running) == [("acknowledge", 1), ("answer", 1)]
    clock.advance(4 * HOUR)
    watch_deadlines(running)
    clock.advance(60 * HOUR)
    watch_deadlines(running)
    assert sorted(reached(running)) == [
        ("acknowledge", 1),
        ("acknowledge", 2),
        ("acknowledge", 3),
        ("answer", 1),
        ("answer", 2),
    ]


def test_nobody_is_reminded_of_what_was_done(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock
) -> None:
    handoff = ward.sent()
    house.does(handoff, "acknowledge")
    clock.advance(5 * HOUR)
    watch_deadlines(running)
    house.does(handoff, "accept")
    clock.advance(20 * DAY)
    watch_deadlines(running)
    assert reached(running) == []
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "accepted"


def test_a_request_that_nobody_answers_expires_and_can_be_routed_again(
    ward: Desk, running: RunningService, clock: ManualClock, directory: Directory
) -> None:
    handoff = ward.sent()
    clock.advance(14 * DAY)
    watch_deadlines(running)
    assert ward.get(f"/handoffs/{handoff['id']}")["status"] == "expired"
    expired = [
        e.event for e in world.envelopes(running) if e.event.key == "referral.handoff-expired.v1"
    ]
    assert len(expired) == 1
    again = ward.ask("POST", f"/referrals/{handoff['referral_id']}/handoffs")
    assert again.status_code == 201


def test_an_offer_that_nobody_takes_up_lapses_and_the_next_one_has_its_full_time(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock, directory: Directory
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.hold(handoff)
    clock.advance(12 * HOUR)
    watch_deadlines(running)
    lapsed = house.get(f"/handoffs/{handoff['id']}")
    assert (lapsed["status"], lapsed["place_id"]) == ("waitlisted", None)
    late = house.act(handoff, "start")
    assert late.json["code"] == "place-not-held"  # type: ignore[index]
    directory.hold(handoff, promoted=True)
    clock.advance(11 * HOUR)
    watch_deadlines(running)
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "offered"
    clock.advance(HOUR)
    watch_deadlines(running)
    assert world.names_told(running).count("offer-lapsed") == 2


def test_a_stay_is_reviewed_on_day_ten_and_its_end_is_told_on_day_fourteen(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock, directory: Directory
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.hold(handoff)
    house.does(handoff, "start")
    clock.advance(10 * DAY)
    watch_deadlines(running)
    assert reached(running) == [("review", 1)]
    clock.advance(4 * DAY)
    watch_deadlines(running)
    assert reached(running)[-1] == ("stay", 1)
    house.does(handoff, "complete", outcome="moved-on-to-own-home")
    clock.advance(10 * DAY)
    before = reached(running)
    watch_deadlines(running)
    assert reached(running) == before


def test_the_end_of_a_course_is_told_as_the_end_of_a_stay(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock, directory: Directory
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.hold(handoff, ends_on=(clock.now() + 3 * DAY).date())
    assert house.does(handoff, "start")["due"]["stay_ends"] is not None
    clock.advance(3 * DAY)
    watch_deadlines(running)
    assert reached(running) == []
    clock.advance(DAY)
    watch_deadlines(running)
    assert reached(running) == [("stay", 1)]


def test_with_the_last_session_there_is_the_stay_ends_and_both_sides_can_see_when(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock, directory: Directory
) -> None:
    directory.tell(world.house(sessions_per_person=2, maximum_stay_days=None, review_day=None))
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.hold(handoff)
    path = f"/handoffs/{handoff['id']}/appointments"
    house.does(handoff, "start")
    for hours in (1, 2):
        starts = (clock.now() + HOUR).isoformat()
        made: Any = house.ask("POST", path, json={"starts_at": starts}).json
        clock.advance(2 * HOUR)
        assert ward.get(f"/handoffs/{handoff['id']}")["due"]["stay_ends"] is None, hours
        kept = house.ask("POST", f"{path}/{made['id']}/attendance", json={"attended": True})
        assert kept.status_code == 200, kept.json
    watch_deadlines(running)

    assert ward.get(f"/handoffs/{handoff['id']}")["due"]["stay_ends"] is not None
    assert reached(running) == [("stay", 1)]
    house.does(house.get(f"/handoffs/{handoff['id']}"), "complete", outcome="goals-reached")


def test_the_clock_stands_still_while_a_question_lies_with_the_sender(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock
) -> None:
    handoff = ward.sent()
    clock.advance(HOUR)
    house.does(handoff, "ask", sentence="Which ward?")
    clock.advance(10 * HOUR)
    watch_deadlines(running)
    assert reached(running) == []
    answered = ward.does(handoff, "answer", sentence="Ashurst.")
    assert answered["due"]["acknowledge_by"] == "2026-11-03T02:00:00+00:00"
    clock.advance(2 * HOUR)
    watch_deadlines(running)
    assert reached(running) == []
    clock.advance(HOUR)
    watch_deadlines(running)
    assert reached(running) == [("acknowledge", 1)]


def test_replicas_share_the_work_and_tell_nothing_twice(
    ward: Desk, running: RunningService, clock: ManualClock
) -> None:
    for _ in range(12):
        ward.sent()
    clock.advance(4 * HOUR)

    def work(_: int) -> int:
        done = 0
        while True:
            with running.database.transaction() as uow:
                found = act_on_deadlines(uow, most=3)
            done += found
            if not found:
                return done

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    watch_deadlines(running)
    assert reached(running) == [("acknowledge", 1)] * 12
    assert sum(done) <= 12


def test_what_somebody_is_moving_at_this_moment_is_left_to_them(
    ward: Desk, house: Desk, running: RunningService, clock: ManualClock
) -> None:
    handoff = ward.sent()
    clock.advance(14 * DAY)
    with running.database.transaction() as uow:
        uow.connection.execute(
            sa.text("SELECT 1 FROM handoffs WHERE id = :id FOR UPDATE"), {"id": handoff["id"]}
        )
        watch_deadlines(running)
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "requested"
    watch_deadlines(running)
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "expired"


def test_deadlines_are_listed_for_both_sides(ward: Desk, house: Desk, clock: ManualClock) -> None:
    handoff = ward.sent()
    for side in (ward, house):
        kinds = [(one["kind"], one["handoff_id"]) for one in side.get("/deadlines")]
        assert kinds == [(kind, handoff["id"]) for kind in ("acknowledge", "answer", "expire")]
    clock.advance(5 * HOUR)
    assert [one["kind"] for one in house.get("/deadlines?overdue=true")] == ["acknowledge"]
    assert [one["kind"] for one in house.get("/deadlines?kind=expire")] == ["expire"]
    assert len(house.get("/handoffs?overdue=true")) == 1
