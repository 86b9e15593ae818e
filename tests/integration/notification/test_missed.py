"""What a webhook has not taken when it dies goes to the mailbox, whatever that had chosen to hear."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from onward.contracts import referral
from onward.ids import reference
from services.notification.timers.mail import send_mail
from tests.integration.notification.conftest import Ask, World
from tests.integration.notification.story import LEE, requested, sides
from tests.support.smtp import MailServer

Mailed = Callable[[], list[str]]
CHOICE = "/api/v1/subscriptions"
PAUSES = (0, 5, 301, 1801)
"""Seconds before each of the first four attempts, and a little."""


@pytest.fixture
def mailed(world: World, mail_server: MailServer) -> Mailed:
    """Send what is due; return the subjects that came since the last time, sorted."""

    def subjects() -> list[str]:
        send_mail(world.running)
        found = sorted(str(mail.message["Subject"]) for mail in mail_server.mails)
        mail_server.mails.clear()
        return found

    return subjects


@pytest.fixture
def webhook(world: World, directory: None, ask: Ask) -> dict[str, Any]:
    """Let Response rely on a webhook that fails, and choose no e-mail."""
    hears_by_mail(ask)
    world.receiver.answer = lambda _: 500
    return world.add_webhook()


def hears_by_mail(ask: Ask, *urgencies: str, version: int = 0) -> None:
    choice = {"mailbox": None, "mail_for": urgencies}
    ask(LEE, "PUT", CHOICE, json=choice, headers={"If-Match": f'"{version}"'})


def fails_four_times(world: World) -> None:
    for pause in PAUSES:
        world.clock.advance(timedelta(seconds=pause))
        world.deliver()


def request_mail(request: referral.HandoffRequested) -> str:
    first = "Urgent: " if request.urgency == "urgent" else ""
    return f"{first}New referral for Stepdown House ({reference(request.handoff_id)})"


def alarm(webhook: dict[str, Any], said: str = "One of your webhooks does not answer") -> str:
    return f"Urgent: {said} ({reference(UUID(webhook['id']))})"


def test_what_waits_when_a_webhook_is_found_dead_is_mailed_with_the_alarm(
    world: World, webhook: dict[str, Any], mailed: Mailed
) -> None:
    request = requested()
    world.hear(request)
    fails_four_times(world)
    assert mailed() == sorted([alarm(webhook), request_mail(request)])


def test_a_moments_failure_is_no_death_however_much_waits(
    world: World, webhook: dict[str, Any], ask: Ask, mailed: Mailed
) -> None:
    world.hear(*(requested() for _ in range(12)))
    for _ in range(12):  # as the clock does: each is tried, and fails
        world.deliver()
    assert len(world.receiver.calls) == 12
    assert mailed() == []
    (shown,) = ask(LEE, "GET", "/api/v1/webhooks")
    assert (shown["status"], shown["failures"]) == ("enabled", 1)


def test_what_comes_and_fails_later_is_mailed_once(
    world: World, webhook: dict[str, Any], mailed: Mailed
) -> None:
    world.hear(requested())
    fails_four_times(world)
    mailed()
    later = requested("urgent")
    world.hear(later)
    world.deliver()
    assert mailed() == [request_mail(later)]
    world.clock.advance(timedelta(days=1))
    world.deliver()
    assert mailed() == []


def test_what_a_webhook_that_takes_everything_else_refuses_is_mailed_once_and_is_no_alarm(
    world: World, webhook: dict[str, Any], ask: Ask, mailed: Mailed
) -> None:
    refused = requested()
    about = str(refused.referral_id).encode()
    world.receiver.answer = lambda call: 500 if about in call.body else 204
    world.hear(refused)
    for pause in PAUSES:
        assert mailed() == []
        world.clock.advance(timedelta(seconds=pause))
        world.hear(requested())
        world.deliver()  # one that is refused ends a round
        world.deliver()
    assert mailed() == [request_mail(refused)]
    world.clock.advance(timedelta(days=1))
    world.deliver()
    assert mailed() == []
    (shown,) = ask(LEE, "GET", "/api/v1/webhooks")
    assert shown["status"] == "enabled"


def test_what_was_told_at_the_moment_of_its_death_is_mailed_when_it_fails(
    world: World, webhook: dict[str, Any], mailed: Mailed
) -> None:
    request = requested()
    world.hear(request)
    with world.running.engine.begin() as connection:
        connection.execute(sa.text("UPDATE endpoints SET failures = 4"))
    world.deliver()
    assert mailed() == [request_mail(request)]


def test_what_the_mailbox_had_chosen_to_hear_is_not_mailed_again(
    world: World, webhook: dict[str, Any], ask: Ask, mailed: Mailed
) -> None:
    hears_by_mail(ask, "urgent", version=1)
    routine, urgent = requested(), requested("urgent")
    world.hear(routine, urgent)
    assert mailed() == [request_mail(urgent)]
    for _ in range(2):
        fails_four_times(world)
    assert mailed() == sorted([alarm(webhook), request_mail(routine)])


def test_what_waited_for_a_webhook_that_is_gone_is_mailed(
    world: World, webhook: dict[str, Any], mailed: Mailed
) -> None:
    world.receiver.answer = lambda _: 410
    requests = [requested() for _ in range(3)]
    world.hear(*requests)
    world.deliver()
    told = alarm(webhook, "One of your webhooks was switched off")
    assert mailed() == sorted([told, *map(request_mail, requests)])


def test_what_is_for_systems_alone_and_what_its_owner_switched_off_is_not_mailed(
    world: World, webhook: dict[str, Any], ask: Ask, mailed: Mailed
) -> None:
    came: dict[str, Any] = {"appointment_id": uuid4(), "attended": True, "sessions": 1}
    world.hear(referral.AttendanceRecorded(**sides(), **came))
    fails_four_times(world)
    assert mailed() == [alarm(webhook)]
    other = world.add_webhook(world.receiver.origin + "/other")
    ask(LEE, "POST", f"/api/v1/webhooks/{webhook['id']}/disable")
    world.hear(requested())
    ask(LEE, "POST", f"/api/v1/webhooks/{other['id']}/disable")
    assert mailed() == []


def test_the_alarm_leads_to_where_what_was_missed_can_be_sent_again(
    world: World, webhook: dict[str, Any], mail_server: MailServer
) -> None:
    world.hear(requested())
    fails_four_times(world)
    send_mail(world.running)
    (told,) = [mail for mail in mail_server.mails if "webhook" in str(mail.message["Subject"])]
    page = f"http://127.0.0.1:8080/integrations/{webhook['id']}"
    assert f"Open it: {page}" in told.text.splitlines()
    assert f'<a href="{page}">Open it</a>' in told.html


def test_what_a_developer_who_asks_for_it_refuses_alarms_nobody(
    world: World, directory: None, ask: Ask, mailed: Mailed
) -> None:
    hears_by_mail(ask)
    laptop = {"url": "pull:laptop", "events": ["*"]}
    made = ask(LEE, "POST", "/api/v1/webhooks", json=laptop, status=201)
    world.hear(requested())
    pull = f"/api/v1/webhooks/{made['id']}/pull"
    for pause in PAUSES:
        world.clock.advance(timedelta(seconds=pause))
        (due,) = ask(LEE, "POST", pull)
        ask(LEE, "POST", pull, json={"settled": [{"id": due["id"], "code": "http-500"}]})
    assert ask(LEE, "GET", f"/api/v1/webhooks/{made['id']}")["failures"] == 4
    assert mailed() == []
