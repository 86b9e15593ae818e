"""Where somebody told is led: to one page that their role may open, whichever way they were told."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from onward.identity import Actor, Role
from services.notification.timers.mail import send_mail
from services.notification.timers.texts import send_texts
from tests.integration.notification.conftest import Ask, Browse, Prefer, World
from tests.integration.notification.story import KIM, Told, account, requested
from tests.integration.notification.test_calendars import subscribe
from tests.integration.notification.test_texts import Recording, texts
from tests.support.smtp import MailServer

__all__ = ["texts"]
ORIGIN = "http://127.0.0.1:8080"

by_role = pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.CASEWORKER, "/referrals/{about}"),
        (Role.OPERATOR, "/audit/trails/{about}"),
        (Role.AUDITOR, "/audit/trails/{about}"),
        (Role.EDITOR, "/notifications"),
    ],
)


Follows = Callable[[Role], Actor]


@pytest.fixture
def follows(world: World, directory: None, told: Told, prefer: Prefer) -> Follows:
    """Let somebody of Response's be in a role, and hear on every way all that Response hears."""

    def somebody(role: Role) -> Actor:
        who = replace(KIM, role=role)
        world.hear(told(account(who), by=Actor.service("directory")))
        prefer(who, email="kim@response.test", phone="07700 900123", follow=True)
        return who

    return somebody


@by_role
def test_a_mail_leads_to_a_page_that_its_reader_may_open(
    world: World, follows: Follows, mail_server: MailServer, role: Role, page: str
) -> None:
    follows(role)
    request = requested()
    world.hear(request)
    send_mail(world.running)
    (mail,) = mail_server.sent_to("kim@response.test")
    expected = ORIGIN + page.format(about=request.referral_id)
    assert f"Open it: {expected}" in mail.text.splitlines()
    assert f'<a href="{expected}">Open it</a>' in mail.html


@by_role
def test_a_text_message_leads_there_too(
    world: World, follows: Follows, texts: Recording, role: Role, page: str
) -> None:
    follows(role)
    request = requested("urgent")
    world.hear(request)
    send_texts(world.running)
    ((_, text, _),) = texts.sent
    assert text.endswith(" " + ORIGIN + page.format(about=request.referral_id))


@by_role
def test_the_api_leads_there_too(
    world: World, follows: Follows, ask: Ask, role: Role, page: str
) -> None:
    who = follows(role)
    request = requested()
    world.hear(request)
    (notice,) = ask(who, "GET", "/api/v1/notifications")
    read = ask(who, "POST", f"/api/v1/notifications/{notice['id']}/read")
    assert notice["href"] == read["href"] == page.format(about=request.referral_id)


@by_role
def test_a_calendar_leads_there_too(
    world: World, follows: Follows, browse: Browse, role: Role, page: str
) -> None:
    who = follows(role)
    request = requested()
    world.hear(request)
    path = subscribe(browse(who))
    unfolded = re.sub(r"\r\n ", "", world.client.get(path).text)
    assert set(re.findall(r"^URL\S*?:(\S+)", unfolded, re.MULTILINE)) == {
        ORIGIN + page.format(about=request.referral_id)
    }


def test_a_mailbox_is_led_to_the_referral_whoever_reads_it(
    world: World, directory: None, mail_server: MailServer
) -> None:
    request = requested()
    world.hear(request)
    send_mail(world.running)
    (mail,) = mail_server.mails
    assert f"Open it: {ORIGIN}/referrals/{request.referral_id}" in mail.text.splitlines()
