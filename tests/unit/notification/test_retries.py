"""When a message is tried again."""

from datetime import UTC, datetime, timedelta

from onward.delivery.outcome import Outcome
from services.notification.domain.retries import MAIL, WEBHOOK, Status, Verdict, after

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FAILED = Outcome(code="timeout")


def test_a_webhook_that_always_fails_follows_the_published_schedule() -> None:
    at, attempts, hours = AT, 0, []
    while True:
        attempts += 1
        verdict = after(FAILED, attempts=attempts, schedule=WEBHOOK, at=at)
        if verdict.due_at is None:
            break
        hours.append((verdict.due_at - at) / timedelta(hours=1))
        at = verdict.due_at
    minutes = [round(pause * 60, 3) for pause in hours[:3]]
    assert minutes == [round(5 / 60, 3), 5, 30]
    assert hours[3:] == [2, 5, 10, 14, 20, 24]
    assert verdict.status is Status.GIVEN_UP
    assert at - AT == timedelta(hours=75, minutes=35, seconds=5)


def test_what_was_taken_is_delivered_whenever_that_was() -> None:
    assert after(Outcome(code=None), attempts=10, schedule=WEBHOOK, at=AT) == Verdict(
        status=Status.DELIVERED, due_at=None
    )


def test_what_can_never_work_is_given_up_at_once() -> None:
    gone = Outcome(code="gone", final=True, status_code=410)
    assert after(gone, attempts=1, schedule=WEBHOOK, at=AT).status is Status.GIVEN_UP


def test_mail_outlasts_a_mail_server_that_is_away_for_two_days() -> None:
    assert timedelta(days=2) < sum(MAIL, timedelta()) < timedelta(days=3)
