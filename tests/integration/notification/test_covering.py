"""Who is told because they cover for somebody who is away reads so, and behind the login for whom."""

from datetime import timedelta
from typing import Any

import pytest

from services.notification.timers.mail import send_digests, send_mail
from tests.integration.notification.conftest import Ask, Browse, Prefer, World
from tests.integration.notification.story import ANN, KIM, LEE, MORNING, requested
from tests.support.smtp import MailServer

WHY = (
    "You get this because you cover for a colleague who is away. Your notifications say for whom."
)
PAM = (
    "Rydych yn cael hwn am eich bod yn cyflenwi dros gydweithiwr sydd i ffwrdd."
    " Mae eich hysbysiadau yn dweud dros bwy."
)
AWAY = {"begins": (MORNING - timedelta(days=1)).isoformat(), "cover": KIM.principal}
ALL = "/api/v1/notifications"


@pytest.fixture
def lee_is_away(staff: None, prefer: Prefer) -> None:
    """Let Kim cover for Lee, who hears all that Response hears."""
    prefer(LEE, called="Lee Quillfeather", follow=True, away=AWAY)


@pytest.mark.parametrize(("language", "why"), [("en", WHY), ("cy", PAM)])
def test_a_mail_says_that_its_reader_covers_and_not_for_whom(
    world: World,
    lee_is_away: None,
    prefer: Prefer,
    mail_server: MailServer,
    language: str,
    why: str,
) -> None:
    prefer(KIM, email="kim@response.test", language=language)
    world.hear(requested())
    send_mail(world.running)
    (mail,) = mail_server.sent_to("kim@response.test")
    assert why in mail.text.splitlines()
    assert f"<p>{why}</p>" in mail.html
    assert b"Quillfeather" not in mail.raw
    (office,) = mail_server.sent_to("office@response.test")
    assert why not in office.text


def test_a_digest_says_so_of_each_entry(
    world: World, lee_is_away: None, prefer: Prefer, mail_server: MailServer
) -> None:
    prefer(KIM, email="kim@response.test", digest_at="16:30")
    world.hear(requested(), requested())
    world.clock.advance(timedelta(hours=7))
    send_digests(world.running)
    (digest,) = mail_server.sent_to("kim@response.test")
    assert digest.text.splitlines().count(WHY) == 2
    assert digest.html.count(WHY) == 2


def test_behind_the_login_it_says_for_whom_to_the_one_who_covers_alone(
    world: World, lee_is_away: None, ask: Ask, browse: Browse
) -> None:
    world.hear(requested())  # Kim gave no address: the page is all there is
    page = browse(KIM).get("/notifications")
    assert "You get this because you cover for Lee Quillfeather." in page.text
    welsh = browse(KIM).get("/notifications?lang=cy")
    assert "am eich bod yn cyflenwi dros Lee Quillfeather." in welsh.text
    assert "you cover for" not in browse(LEE).get("/notifications").text
    assert [one["covers"] for one in ask(KIM, "GET", ALL)] == ["Lee Quillfeather"]
    assert [one["covers"] for one in ask(LEE, "GET", ALL)] == [None]
    assert ask(ANN, "GET", ALL) == []


def test_whom_nobody_calls_by_a_name_is_a_colleague(
    world: World, staff: None, ask: Ask, prefer: Prefer
) -> None:
    prefer(LEE, follow=True, away=AWAY)
    world.hear(requested())
    assert [one["covers"] for one in ask(KIM, "GET", ALL)] == ["a colleague"]


def test_once_the_absence_is_over_new_mail_says_nothing_of_it(
    world: World, staff: None, prefer: Prefer, mail_server: MailServer
) -> None:
    ends: dict[str, Any] = AWAY | {"ends": (MORNING + timedelta(hours=1)).isoformat()}
    prefer(LEE, email="lee@response.test", follow=True, away=ends)
    prefer(KIM, email="kim@response.test", follow=True)
    world.clock.advance(timedelta(hours=1))
    world.hear(requested())
    send_mail(world.running)
    for mailbox in ("lee@response.test", "kim@response.test"):
        (mail,) = mail_server.sent_to(mailbox)
        assert WHY not in mail.text
