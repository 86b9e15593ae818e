"""The pages: what people see and can do, with a browser and without a script."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from werkzeug.test import TestResponse

from onward.contracts.directory import PlacementPublished
from onward.identity import Actor, Role
from services.notification.handlers.tokens import unsubscribe_token
from tests.integration.notification.conftest import Browse, Hear, Rows, World
from tests.integration.notification.story import (
    AUD,
    EVE,
    GUEST,
    KIM,
    LEE,
    MORNING,
    RESPONSE,
    STRANGERS,
    requested,
    tampering,
)
from tests.support.axe import objections
from tests.support.receiver import Receiver
from tests.support.serving import served

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def press(client: FlaskClient, page: str, action: str, **fields: object) -> TestResponse:
    """Send the form of *page* that goes to *action*, as a browser without a script does."""
    drawn = client.get(page).text
    assert f'action="{action}"' in drawn, f"no form to {action} on {page}"
    return client.post(action, data={**token_in(drawn), **fields}, follow_redirects=True)


def token_in(drawn: str) -> dict[str, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', drawn)
    assert token
    return {"csrf_token": token[1]}


def test_what_is_new_comes_first_and_moves_away_when_it_is_read(
    directory: None, hear: Hear, browse: Browse, rows: Rows
) -> None:
    request = requested("urgent")
    hear(request)
    kim = browse(KIM)
    page = kim.get("/notifications").text
    assert "New referral for Stepdown House" in page
    assert f'href="/referrals/{request.referral_id}"' in page
    assert "Unread (1)" in page
    ((id_,),) = rows("SELECT id FROM notices")
    after = press(kim, "/notifications", f"/notifications/{id_}/read").text
    assert "Nothing new" in after
    assert "New referral for Stepdown House" in kim.get("/notifications?show=read").text
    welsh = kim.get("/notifications?show=read&lang=cy").text
    assert "Atgyfeiriad newydd i Stepdown House" in welsh


def test_everything_on_the_page_is_marked_at_once(
    directory: None, hear: Hear, browse: Browse, rows: Rows
) -> None:
    hear(*[requested() for _ in range(40)])
    kim = browse(KIM)
    first = kim.get("/notifications").text
    assert first.count("nhsuk-card__heading") == 30
    older = re.search(r'href="http://127.0.0.1:8080(/notifications\?[^"]+)"', first)
    assert older
    assert kim.get(older[1].replace("&amp;", "&")).text.count("nhsuk-card__heading") == 10
    ((newest,),) = rows("SELECT id FROM notices ORDER BY position DESC LIMIT 1")
    assert (
        "40 marked as read"
        in press(kim, "/notifications", "/notifications/read", up_to=newest).text
    )


def test_more_than_are_counted_on_the_page_are_said_to_be_marked_when_they_were(
    directory: None, hear: Hear, browse: Browse, rows: Rows
) -> None:
    hear(*[requested() for _ in range(230)])
    ((up_to,),) = rows("SELECT id FROM notices ORDER BY position OFFSET 119 LIMIT 1")
    kim = browse(KIM)
    page = press(kim, "/notifications", "/notifications/read", up_to=up_to).text
    assert "120 marked as read" in page


def test_whoever_marks_one_notice_stays_on_their_page(
    directory: None, hear: Hear, browse: Browse
) -> None:
    hear(*[requested() for _ in range(40)])
    kim = browse(KIM)
    found = re.search(
        r'href="http://127.0.0.1:8080(/notifications\?[^"]+)"', kim.get("/notifications").text
    )
    assert found
    older = found[1].replace("&amp;", "&")
    page = kim.get(older).text
    form = re.search(r'action="(/notifications/[^"]+/read)"', page)
    after = re.search(r'name="after" value="([^"]+)"', page)
    assert form
    assert after
    left = press(kim, older, form[1], after=after[1])
    assert left.request.full_path == older
    assert left.text.count("nhsuk-card__heading") == 9


def test_who_is_only_placed_with_us_is_not_offered_as_a_cover(
    directory: None, world: World, browse: Browse
) -> None:
    people(world, browse)
    world.hear(
        PlacementPublished(
            placement_id=uuid4(),
            principal=GUEST.principal,
            employer=STRANGERS,
            host=RESPONSE,
            starts_at=MORNING - timedelta(days=1),
        )
    )
    with world.running.database.transaction() as uow:
        uow.store.people.notice([GUEST])
    page = "/notifications/settings"
    press(browse(GUEST), page, page, called="Gus", days=EVERY_DAY, version="0")
    offered = browse(LEE).get(page).text
    assert ">Kim</option>" in offered
    assert ">Gus</option>" not in offered


def test_what_is_urgent_stands_before_what_is_newer_on_every_page(
    directory: None, hear: Hear, browse: Browse
) -> None:
    first, second = requested("urgent"), requested("emergency")
    hear(first, second, *[requested() for _ in range(35)])
    kim = browse(KIM)
    page = kim.get("/notifications").text
    referrals = re.findall(r'href="/referrals/([^"]+)"', page)
    assert referrals[:2] == [str(second.referral_id), str(first.referral_id)]
    older = re.search(r'href="http://127.0.0.1:8080(/notifications\?[^"]+)"', page)
    assert older
    rest = re.findall(r'href="/referrals/([^"]+)"', kim.get(older[1].replace("&amp;", "&")).text)
    assert len(referrals) == 30
    assert len(set(referrals) | set(rest)) == 37


def test_an_address_somebody_tinkered_with_is_refused_in_words(browse: Browse) -> None:
    answer = browse(KIM).get("/notifications?after=nonsense", headers={"Accept": "text/html"})
    assert answer.status_code == 422


def test_an_auditor_sees_the_alarm(directory: None, hear: Hear, browse: Browse) -> None:
    hear(tampering())
    assert "does not match its signed checkpoint" in browse(AUD).get("/notifications").text
    assert "does not match its signed checkpoint" not in browse(EVE).get("/notifications").text


def test_a_webhook_is_added_tested_rotated_and_deleted_on_the_page(
    world: World, browse: Browse, receiver: Receiver, rows: Rows
) -> None:
    lee = browse(LEE)
    added = press(lee, "/integrations", "/integrations", url=receiver.url, events="*").text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", added)
    assert secret
    assert added.count("shown this once") == 1
    ((id_,),) = rows("SELECT id FROM endpoints")
    page = f"/integrations/{id_}"
    assert "whsec_" not in lee.get(page).text
    press(lee, page, f"{page}/test")
    world.deliver()
    assert receiver.calls[0].said["type"] == "webhook.test.v1"
    assert "Delivered" in lee.get(page).text
    rotated = re.search(r"whsec_[A-Za-z0-9+/=]+", press(lee, page, f"{page}/rotate").text)
    assert rotated
    assert rotated[0] != secret[0]
    loaded_again = lee.post(
        f"{page}/rotate", data=token_in(lee.get(page).text), follow_redirects=True
    ).text
    assert "whsec_" not in loaded_again
    assert "No other secret was made: two sign now." in loaded_again
    assert "Make a new secret" not in loaded_again
    ((delivery,),) = rows("SELECT id FROM messages")
    press(lee, page, f"{page}/deliveries/{delivery}/replay")
    world.deliver()
    assert len(receiver.calls) == 2
    press(lee, page, f"{page}/delete")
    assert "No webhooks yet" in lee.get("/integrations").text


def test_a_form_that_was_filled_in_wrongly_says_what_to_change_and_keeps_what_was_typed(
    world: World, browse: Browse, rows: Rows
) -> None:
    lee = browse(LEE)
    answer = press(lee, "/integrations", "/integrations", url="http://10.0.0.1/x", events="*")
    assert answer.status_code == 422
    assert "Webhooks go over https only." in answer.text
    assert 'value="http://10.0.0.1/x"' in answer.text
    mail = press(lee, "/integrations", "/integrations/mail", mailbox="nobody", version="0")
    assert mail.status_code == 422
    assert "Give one address" in mail.text
    assert rows("SELECT 1 FROM endpoints UNION SELECT 1 FROM subscriptions") == []


def test_what_is_sent_by_mail_is_chosen_on_the_page(
    directory: None, browse: Browse, rows: Rows
) -> None:
    press(
        browse(LEE),
        "/integrations",
        "/integrations/mail",
        mailbox="duty@response.test",
        mail_for=["urgent", "emergency"],
        version="0",
    )
    assert rows("SELECT mailbox, mail_for FROM subscriptions") == [
        ("duty@response.test", ["urgent", "emergency"])
    ]


def test_a_caseworker_does_not_decide_where_systems_are_told(browse: Browse) -> None:
    assert browse(KIM).get("/integrations").status_code == 403


def test_a_form_from_elsewhere_changes_nothing(world: World, browse: Browse, rows: Rows) -> None:
    answer = browse(LEE).post("/integrations", data={"url": "https://evil.example.org/"})
    assert answer.status_code == 403
    assert rows("SELECT 1 FROM endpoints") == []


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """Serve the notification service on loopback."""
    with served(app) as address:
        yield address


@pytest.fixture
def open_as(browser: Browser, origin: str, browse: Browse) -> Iterator[object]:
    """Open a browser that somebody has signed in with."""
    contexts = []

    def opened(who: Actor, *, width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=origin)
        contexts.append(context)
        cookie = browse(who).get_cookie("onward-session")
        assert cookie
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": origin}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def fill(world: World) -> str:
    """Let something have happened; return the page of a webhook that has seen it."""
    webhook = world.add_webhook(f"{world.receiver.url}/systems/case-management/hooks/onward")
    world.hear(requested("emergency"), requested("urgent"), requested())
    world.receiver.answer = lambda _: 500 if len(world.receiver.calls) == 2 else 204
    world.deliver()
    return f"/integrations/{webhook['id']}"


def people(world: World, browse: Browse) -> None:
    """Let there be workers, a team, and a rule."""
    with world.running.database.transaction() as uow:
        uow.store.people.notice([KIM, LEE])
    choices: dict[str, object] = {"called": "Kim", "email": "kim@response.test", "follow": "yes"}
    choices |= {"mail_for": "routine", "text_for": "urgent", "phone": "07700 900123"}
    choices |= {"days": EVERY_DAY, "version": "0"}
    settings = press(browse(KIM), "/notifications/settings", "/notifications/settings", **choices)
    assert "How you are told was saved." in settings.text
    lee, page = browse(LEE), "/integrations/people"
    made = press(lee, page, f"{page}/teams", name="Duty desk", members=[KIM.principal])
    assert "The team was added." in made.text
    told = press(lee, page, f"{page}/rules", who="role/team_lead", urgencies=["urgent"])
    assert "The rule was added." in told.text


def test_who_would_be_told_is_seen_before_anything_happens(
    directory: None, world: World, browse: Browse
) -> None:
    people(world, browse)
    lee, page = browse(LEE), "/integrations/people"
    asked = lee.get(f"{page}?template=offer-lapsed&urgency=urgent").text
    shown = asked[asked.index('id="preview"') :]
    assert "Kim:" in shown
    assert "no message, only under Notifications" in shown
    routine = lee.get(f"{page}?template=offer-lapsed&urgency=routine").text
    assert "no message" not in routine
    ((rule,),) = world.rows("SELECT id FROM telling_rules")
    ((team,),) = world.rows("SELECT id FROM teams")
    press(lee, page, f"{page}/rules/{rule}/delete")
    emptied = press(lee, page, f"{page}/teams/{team}", name="Duty desk", version="1").text
    assert "Duty desk (0)" in emptied
    assert "No teams yet" in press(lee, page, f"{page}/teams/{team}/delete").text
    assert world.rows("SELECT 1 FROM telling_rules") == []


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.CASEWORKER, "/referrals/{about}"),
        (Role.OPERATOR, "/audit/trails/{about}"),
        (Role.AUDITOR, "/audit/trails/{about}"),
        (Role.EDITOR, None),
    ],
)
def test_a_notice_leads_its_reader_to_a_page_they_may_open(
    directory: None, hear: Hear, browse: Browse, role: Role, page: str | None
) -> None:
    request = requested()
    hear(request)
    shown = browse(replace(KIM, role=role)).get("/notifications").text
    assert "New referral for Stepdown House" in shown
    expected = [page.format(about=request.referral_id)] if page else []
    assert re.findall(r'href="(/referrals/[^"]+|/audit/trails/[^"]+)"', shown) == expected


def test_what_is_said_is_shown_as_it_is_sent(browse: Browse) -> None:
    lee, page = browse(LEE), "/integrations/wordings"
    assert "acknowledge it by 21 November 2026, 9:30am." in lee.get(page).text
    assert "gydnabod erbyn 21 Tachwedd 2026, 09:30." in lee.get(f"{page}?language=cy").text


def test_settings_filled_in_wrongly_say_what_to_change_and_keep_what_was_typed(
    directory: None, browse: Browse, rows: Rows
) -> None:
    page = "/notifications/settings"
    said = {"email": "nobody", "begins": "9am", "ends": "17:00", "days": [], "version": "0"}
    refused = press(browse(KIM), page, page, **said)
    assert refused.status_code == 422
    assert "Give one address" in refused.text
    assert "Use a time such as 09:30." in refused.text
    assert "Choose at least one day" in refused.text
    assert 'value="nobody"' in refused.text
    assert rows("SELECT 1 FROM preferences") == []


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"begins": "09:00"}, "Give both times, or neither."),
        ({"away_from": "2026-12-10"}, "Choose who is told instead, or clear the dates."),
        ({"away_until": "2026-12-10"}, "Choose who is told instead, or clear the dates."),
        ({"digest_at": "08:00", "mail_for": "routine"}, "A digest needs an e-mail address"),
        (
            {"digest_at": "08:00", "email": "kim@response.test", "mail_for": "urgent"},
            "A digest needs an e-mail address, and e-mail for what is routine.",
        ),
    ],
)
def test_settings_that_would_do_nothing_are_not_said_to_be_saved(
    directory: None, browse: Browse, rows: Rows, said: dict[str, str], wrong: str
) -> None:
    page = "/notifications/settings"
    refused = press(browse(KIM), page, page, days=EVERY_DAY, version="0", **said)
    assert refused.status_code == 422
    assert wrong in refused.text
    assert rows("SELECT 1 FROM preferences") == []


def test_the_name_of_who_signed_in_is_proposed_until_they_say_what_to_call_them(
    directory: None, browse: Browse, rows: Rows
) -> None:
    kim, page = browse(KIM), "/notifications/settings"
    assert 'value="Somebody"' in kim.get(page).text
    assert rows("SELECT 1 FROM preferences") == []
    nameless = press(kim, page, page, days=EVERY_DAY, version="0", called="").text
    assert 'value="Somebody"' not in nameless
    assert rows("SELECT called FROM preferences") == [(None,)]


def test_days_without_times_are_whole_days_and_every_day_is_any_hour(
    directory: None, browse: Browse, rows: Rows
) -> None:
    kim, page = browse(KIM), "/notifications/settings"
    assert kim.get(page).text.count('name="days" type="checkbox"') == len(EVERY_DAY)
    part_time = press(kim, page, page, days=["mon", "tue"], version="0").text
    kept = "SELECT days, begins::text, ends::text FROM preferences"
    assert rows(kept) == [([0, 1], "00:00:00", "00:00:00")]
    assert ticked(part_time) == ["mon", "tue"]
    assert 'value="00:00"' not in part_time
    press(kim, page, page, days=EVERY_DAY, version="1")
    assert rows(kept) == [([], None, None)]


def ticked(page: str) -> list[str]:
    return re.findall(r'name="days" type="checkbox" value="(\w+)" checked', page)


def test_a_telephone_number_may_be_written_as_people_write_it(
    directory: None, browse: Browse, rows: Rows
) -> None:
    kim, page = browse(KIM), "/notifications/settings"
    press(kim, page, page, days=EVERY_DAY, version="0", phone="+44 (0)7700-900.123")
    assert rows("SELECT phone FROM preferences") == [("+44 7700 900123",)]


@pytest.mark.parametrize("number", ["01865 902424", "+44 1865 902424", "7700 900123", "999"])
def test_a_number_that_takes_no_text_messages_is_refused(
    directory: None, browse: Browse, rows: Rows, number: str
) -> None:
    page = "/notifications/settings"
    refused = press(browse(KIM), page, page, days=EVERY_DAY, version="0", phone=number)
    assert refused.status_code == 422
    assert "Give one mobile number, such as 07700 900123." in refused.text
    assert rows("SELECT 1 FROM preferences") == []


def test_hours_and_an_absence_are_shown_as_they_were_chosen(
    directory: None, world: World, browse: Browse
) -> None:
    people(world, browse)
    lee, page = browse(LEE), "/notifications/settings"
    said = {"begins": "09:00", "ends": "17:00", "days": ["mon", "tue"], "version": "0"}
    away: dict[str, str] = {
        "cover": KIM.principal,
        "away_from": "2026-12-24",
        "away_until": "2027-01-01",
    }
    kept = press(lee, page, page, **said, **away).text
    assert 'value="09:00"' in kept
    assert 'value="2026-12-24"' in kept
    assert 'value="2027-01-01"' in kept
    assert f'value="{KIM.principal}" selected' in kept


def test_a_digest_is_stopped_by_a_button_and_not_by_a_link(
    directory: None, world: World, browse: Browse, client: FlaskClient
) -> None:
    settings = "/notifications/settings"
    chosen = {"email": "kim@response.test", "mail_for": ["routine", "urgent"], "version": "0"}
    press(browse(KIM), settings, settings, days=EVERY_DAY, **chosen)
    page = f"/notifications/unsubscribe/{unsubscribe_token(key(world), KIM.principal)}"
    assert "Stop the digest?" in client.get(page).text
    assert world.rows("SELECT mail_for FROM preferences") == [(["routine", "urgent"],)]
    assert "The digest is stopped" in press(client, page, page).text
    assert world.rows("SELECT mail_for FROM preferences") == [(["urgent"],)]


def key(world: World) -> str:
    return world.running.settings.secret_key


def test_axe_objects_to_nothing_and_nothing_scrolls_sideways(
    directory: None, world: World, browse: Browse, open_as: object
) -> None:
    assert callable(open_as)
    webhook = fill(world)
    people(world, browse)
    ((handoff,),) = world.rows("SELECT handoff_id FROM notices LIMIT 1")
    for width in (1280, 320):
        page: Page = open_as(LEE, width=width)
        complaints: list[str] = []
        page.on("console", partial(_keep, complaints))
        for address in (
            "/notifications",
            "/notifications/settings",
            f"/notifications/receipts/{handoff}",
            "/integrations",
            "/integrations/people?template=offer-lapsed&urgency=urgent",
            "/integrations/wordings?language=cy",
            webhook,
        ):
            page.goto(address)
            if address == webhook:
                page.get_by_text("Check a signature").click()
                page.get_by_role("button", name="Check", exact=True).click()
                expect(page.get_by_role("status").last).to_contain_text("No signature fits.")
                page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
            assert not page.evaluate(SIDEWAYS), (address, width)
            if width == 320:
                continue
            assert objections(page) == "", address
        assert [text for text in complaints if "Content Security Policy" in text] == []


def _keep(complaints: list[str], said: ConsoleMessage) -> None:
    complaints.append(said.text)


def test_news_is_said_on_the_open_page_without_moving_it(
    directory: None, world: World, hear: Hear, open_as: object
) -> None:
    assert callable(open_as)
    page: Page = open_as(KIM)
    with page.expect_response("**/notifications/stream"):
        page.goto("/notifications")
    hear(requested())
    region = page.get_by_role("status")
    expect(region).to_contain_text("New referral for Stepdown House", timeout=15_000)
