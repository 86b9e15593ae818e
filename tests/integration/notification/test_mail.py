"""E-mails as a mailbox gets them, and what happens when the mail server does not play along."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from onward.clock import ManualClock
from onward.ids import reference
from onward.service import RunningService
from services.notification.timers.mail import send_digests, send_mail
from tests.integration.notification.conftest import PREFERENCES, Ask, Hear, Prefer, Rows, World
from tests.integration.notification.story import (
    LEE,
    PERSON,
    RESPONSE,
    WARD,
    accepted,
    everybody,
    house,
    organisation,
    requested,
)
from tests.support.smtp import MailServer

STATE = (
    "SELECT status, attempts, code FROM messages WHERE channel = 'email' ORDER BY occurred_at, id"
)
TOLD = "SELECT key, convert_from(body, 'utf8') FROM outbox WHERE key LIKE 'notification.%' ORDER BY position"


def test_a_mailbox_learns_which_service_is_asked_by_whom_and_what_to_do(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer
) -> None:
    request = requested("urgent")
    hear(request)
    send_mail(running)
    (mail,) = mail_server.mails
    assert mail.to == "office@response.test"
    assert mail.sender == "hello@onward.test"
    assert mail.message["Subject"] == (
        f"Urgent: New referral for Stepdown House ({reference(request.handoff_id)})"
    )
    assert "Oxford Health AMHT asks Stepdown House to take somebody on." in mail.text
    assert "acknowledge it by 21 November 2026, 1:30pm" in mail.text
    assert f"http://127.0.0.1:8080/referrals/{request.referral_id}" in mail.text
    assert mail.message["Auto-Submitted"] == "auto-generated"


def test_no_mail_says_anything_about_a_person(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer
) -> None:
    request = requested()
    hear(request)
    hear(accepted(request))
    send_mail(running)
    assert len(mail_server.mails) == 2
    for mail in mail_server.mails:
        for canary in (str(PERSON), "housing", "direct-care"):
            assert canary.encode() not in mail.raw


def test_a_services_own_mailbox_comes_before_its_organisations(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer
) -> None:
    hear(house("house@response.test"))
    request = requested()
    hear(request)
    hear(accepted(request))
    send_mail(running)
    assert [mail.to for mail in mail_server.mails] == ["house@response.test", "ward@amht.test"]


def test_a_delivered_mail_is_told_to_the_audit_log(
    directory: None, hear: Hear, running: RunningService, rows: Rows
) -> None:
    hear(requested())
    send_mail(running)
    assert rows(STATE) == [("delivered", 1, None)]
    ((key, body),) = rows(TOLD)
    assert key == "notification.delivered.v1"
    assert str(RESPONSE) in body


def test_urgent_mail_overtakes_a_backlog(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer
) -> None:
    hear(*[requested() for _ in range(60)], requested("emergency"))
    send_mail(running)
    assert mail_server.mails[0].message["Subject"].startswith("Emergency: New referral")
    assert len(mail_server.mails) == 61
    assert mail_server.sessions == 2


def test_a_mail_server_that_is_away_costs_one_mail_an_attempt_and_loses_none(
    directory: None,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    clock: ManualClock,
    rows: Rows,
) -> None:
    hear(requested(), requested(), requested())
    mail_server.manners.hang_up_at = "DATA"
    send_mail(running)
    assert sorted(rows(STATE)) == [
        ("waiting", 0, None),
        ("waiting", 0, None),
        ("waiting", 1, "mail-server-away"),
    ]
    mail_server.manners.hang_up_at = None
    clock.advance(timedelta(minutes=1))
    send_mail(running)
    assert len(mail_server.mails) == 3
    assert {status for status, _, _ in rows(STATE)} == {"delivered"}


def test_a_mailbox_that_does_not_exist_is_given_up_at_once_and_the_next_mail_goes_out(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer, rows: Rows
) -> None:
    hear(requested())
    mail_server.manners.answers["RCPT"] = "550 no such mailbox here: sam@example"
    send_mail(running)
    assert rows(STATE) == [("given_up", 1, "mailbox-refused")]
    ((key, body),) = rows(TOLD)
    assert key == "notification.given-up.v1"
    assert "no such mailbox" not in body


def test_a_full_mailbox_is_tried_again_until_the_schedule_ends(
    directory: None,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    clock: ManualClock,
    rows: Rows,
) -> None:
    hear(requested())
    mail_server.manners.answers["RCPT"] = "452 mailbox full"
    for _ in range(20):
        send_mail(running)
        clock.advance(timedelta(days=1))
    assert rows(STATE) == [("given_up", 11, "mailbox-refused")]
    assert rows("SELECT status_code, count(*) FROM attempts GROUP BY 1") == [(452, 11)]


def test_a_mail_claimed_by_a_sender_that_died_goes_out_later_under_the_same_id(
    directory: None,
    hear: Hear,
    running: RunningService,
    mail_server: MailServer,
    clock: ManualClock,
    rows: Rows,
) -> None:
    hear(requested())
    with running.database.transaction() as uow:
        (claimed,) = uow.store.messages.claim_mail(
            now=uow.now, until=uow.now + timedelta(minutes=5), limit=50
        )
    send_mail(running)
    assert mail_server.mails == []
    clock.advance(timedelta(minutes=5))
    send_mail(running)
    (mail,) = mail_server.mails
    assert mail.message["Message-ID"] == f"<{claimed.message.id}@onward.test>"
    assert rows(STATE) == [("delivered", 1, None)]


def test_mail_to_an_organisation_waits_until_the_directory_tells_of_it(
    hear: Hear, running: RunningService, mail_server: MailServer, clock: ManualClock, rows: Rows
) -> None:
    hear(requested())
    send_mail(running)
    assert rows(STATE) == [("waiting", 1, "organisation-unknown")]
    hear(*everybody())
    clock.advance(timedelta(minutes=1))
    send_mail(running)
    assert [mail.to for mail in mail_server.mails] == ["office@response.test"]


def test_without_a_mail_server_nothing_piles_up(
    directory: None, hear: Hear, running: RunningService, rows: Rows
) -> None:
    running.settings = replace(running.settings, smtp_url=None)
    hear(requested())
    send_mail(running)
    assert rows(STATE) == [("skipped", 0, "mail-not-set-up")]


def test_a_name_that_tries_to_add_a_header_stays_a_name(
    directory: None, hear: Hear, running: RunningService, mail_server: MailServer
) -> None:
    hear(organisation(WARD, "AMHT\r\nBcc: spy@example.test", None))
    hear(replace(house(), name="House\nBcc: spy@example.test"))
    hear(requested())
    send_mail(running)
    (mail,) = mail_server.mails
    assert mail.message["Bcc"] is None
    assert "House Bcc: spy@example.test" in mail.message["Subject"]


def test_a_digest_gathers_what_is_routine_and_stops_with_one_click(
    staff: None, world: World, prefer: Prefer, mail_server: MailServer, ask: Ask
) -> None:
    running, hear, client = world.running, world.hear, world.client
    prefer(LEE, email="lee@response.test", follow=True, digest_at="16:30")
    hear(requested(), requested(), requested("urgent"))
    send_mail(running)
    send_digests(running)
    (at_once,) = mail_server.sent_to("lee@response.test")
    assert at_once.message["Subject"].startswith("Urgent: ")
    world.clock.advance(timedelta(hours=7))
    send_digests(running)
    _, digest = mail_server.sent_to("lee@response.test")
    assert digest.message["Subject"] == "Your digest: 2 notifications"
    assert digest.text.count("Oxford Health AMHT asks Stepdown House") == 2
    assert digest.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert digest.text.splitlines().count("New referral for Stepdown House") == 2
    header = rb"^List-Unsubscribe: <http://127\.0\.0\.1:8080(/\S+)>\r$"  # as a mail program looks for it
    (link,) = (found.decode() for found in re.findall(header, digest.raw, re.MULTILINE))
    assert client.get(link).status_code == 303, "to follow it changes nothing"
    hear(requested())
    one_click = {
        "data": "List-Unsubscribe=One-Click",
        "content_type": "application/x-www-form-urlencoded",
    }
    assert client.post(link, **one_click).status_code == 204
    assert client.post(link, **one_click).status_code == 204, "twice is once"
    assert client.post(link + "x", **one_click).status_code == 404
    world.clock.advance(timedelta(days=1))
    send_digests(running)
    assert len(mail_server.sent_to("lee@response.test")) == 2
    assert ask(LEE, "GET", PREFERENCES)["mail_for"] == ["urgent", "emergency"]


def test_while_a_webhook_is_dead_the_mailbox_hears_what_it_chose_not_to(
    world: World, directory: None, ask: Ask, running: RunningService, mail_server: MailServer
) -> None:
    world.add_webhook()
    silent: dict[str, Any] = {"mailbox": None, "mail_for": []}
    ask(LEE, "PUT", "/api/v1/subscriptions", json=silent, headers={"If-Match": '"0"'})
    world.receiver.answer = lambda _: 500
    world.hear(requested())
    for pause in (0, 5, 301, 1801):
        world.clock.advance(timedelta(seconds=pause))
        world.deliver()
    send_mail(running)
    alarm, waiting = mail_server.mails
    assert "One of your webhooks does not answer" in alarm.message["Subject"]
    assert "New referral for Stepdown House" in waiting.message["Subject"]
    world.hear(requested())
    send_mail(running)
    assert len(mail_server.mails) == 3
    world.receiver.answer = lambda _: 204
    world.clock.advance(timedelta(hours=3))
    world.deliver()
    world.hear(requested())
    send_mail(running)
    assert len(mail_server.mails) == 3, "it answers again: the choice holds again"
