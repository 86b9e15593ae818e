"""What a recipient promised in its working hours is due in them; what is urgent does not wait for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.referral.domain import routing
from services.referral.domain.handoff import Handoff, Urgency
from services.referral.domain.routing import Route
from services.referral.domain.timing import Due, Kind, Policy, ladder, pushed
from services.referral.web.wording import what_is_due
from tests.unit.referral.examples import POLICY, handoff, service

OFFICE = "Europe/London; mon,tue,wed,thu,fri 09:00-17:00; england closed"
WORKING = replace(POLICY, acknowledge_hours=2, answer_hours=8, working_hours=OFFICE)
FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sent(urgency: Urgency, policy: Policy = WORKING) -> Handoff:
    """Return a handoff sent on Friday at half past four."""
    route = Route(service=service(policy=policy), agreement=None)
    return routing.send(handoff(urgency=urgency), route, (), at=FRIDAY).handoff


def test_eight_working_hours_from_friday_afternoon_are_over_on_monday_afternoon() -> None:
    asked = sent(Urgency.ROUTINE)

    assert asked.due.acknowledge_by == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert asked.due.answer_by == MONDAY
    assert asked.due.expires_at == FRIDAY + timedelta(days=14)
    assert asked.counted_in == "working-hours"
    said = what_is_due(asked, FRIDAY)
    assert said == "To be seen by 23 November 2026, 10:30am, in its working hours."


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.EMERGENCY])
def test_what_is_urgent_counts_every_hour(urgency: Urgency) -> None:
    asked = sent(urgency)

    assert asked.due.answer_by == FRIDAY + 8 * HOUR
    assert asked.counted_in == "elapsed"
    assert "working" not in (what_is_due(asked, FRIDAY) or "")


def test_working_hours_take_nobody_past_the_expiry() -> None:
    seldom = replace(WORKING, working_hours="Europe/London; mon 09:00-10:00")

    asked = sent(Urgency.ROUTINE, seldom)

    assert asked.due.answer_by == asked.due.expires_at


def test_an_answer_gives_back_the_working_hours_a_question_lay_open() -> None:
    due = Due(acknowledge_by=FRIDAY, answer_by=MONDAY, expires_at=FRIDAY + timedelta(days=14))
    asked, answered = FRIDAY - 2 * HOUR, MONDAY - 6 * HOUR  # 2 h 30 on Friday, 1 h 30 on Monday

    after = pushed(due, WORKING, asked, answered)

    assert after.answer_by == datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    assert after.expires_at == due.expires_at


def test_it_is_told_again_one_and_three_working_days_later_a_stay_on_the_clock() -> None:
    assert ladder(Kind.ANSWER, FRIDAY, WORKING) == (0, 72, 120)
    assert ladder(Kind.ANSWER, FRIDAY, POLICY) == (0, 24, 72)
    assert ladder(Kind.REVIEW, FRIDAY, WORKING) == (0, 24, 72)
    assert ladder(Kind.EXPIRE, FRIDAY, WORKING) == (0,)
