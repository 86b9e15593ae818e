"""The referral pages in a real browser: axe, narrow screens, keyboard alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from onward.clock import ManualClock
from onward.contracts.directory import PlacementPublished
from onward.identity import Role
from onward.servers import ServiceDatabase
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory
from tests.support.axe import objections
from tests.support.serving import served
from tests.support.settings import rehearsal

QUESTION = "the question on the page before"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def settings(database: ServiceDatabase) -> Settings:
    """Set up text messages, so that pages ask whether they are wanted."""
    plain = rehearsal("referral", database.app_url, database.owner_url)
    return replace(plain, sms_url=f"govuk-notify://{UUID(int=1)}?key=k")


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """Serve the referral service on loopback."""
    with served(app) as address:
        yield address


@pytest.fixture
def busy(ward: Desk, house: Desk, desk: DeskOf, directory: Directory, clock: ManualClock) -> str:
    """Let a good deal happen; return the referral with the longest story."""
    names = [("Jo", "Marsh"), ("Ali", "Penn"), ("Bea", "Lund"), ("Cal", "Rowe"), ("Dee", "Holt")]
    made = [
        ward.sent(
            person={"given_name": given, "family_name": family},
            urgency=("routine", "emergency", "urgent")[number % 3],
        )
        for number, (given, family) in enumerate(names)
    ]
    house.does(made[0], "accept")
    directory.queue(made[0], position=3)
    house.does(made[1], "acknowledge")
    house.does(made[3], "reject", reason="no-capacity", sentence="All beds are taken.")
    held = {"referral_id": made[3]["referral_id"], "reason": "inquiry", "sentence": "An inquest."}
    auditor = desk(world.STRANGERS, Role.AUDITOR)
    assert auditor.ask("POST", "/retention/holds", json=held).status_code == 201
    sam = ward.sent()
    clock.advance(timedelta(hours=1))
    house.does(sam, "acknowledge")
    house.does(
        sam, "ask", sentence="Can Sam manage the stairs? The free room is on the second floor."
    )
    clock.advance(timedelta(hours=2))
    ward.does(sam, "answer", sentence="Yes, without help.")
    house.does(sam, "accept")
    directory.hold(sam)
    house.does(sam, "start")
    aim = {"text": "Cook twice a week.", "closeness": 3, "visibility": "both"}
    goal: Any = house.ask("POST", f"/handoffs/{sam['id']}/goals", json=aim).json
    house.ask(
        "POST",
        f"/handoffs/{sam['id']}/goals/{goal['id']}/reviews",
        json={"progress": "achieved", "closeness": 9},
    )
    question = {"service_id": str(world.HOUSE), "text": "Do you take somebody of 17?"}
    assert ward.ask("POST", "/advice", json=question).status_code == 201
    clock.advance(timedelta(days=2))
    directory.tell(
        PlacementPublished(
            placement_id=UUID(int=77),
            principal="worker:kim",
            employer=world.WARD,
            host=world.RESPONSE,
            starts_at=clock.now(),
        )
    )
    return str(sam["referral_id"])


def opened(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    **options: int,
) -> dict[UUID, Page]:
    """Return a page per organisation, each with somebody of it signed in; at the last an auditor."""
    width = options.get("width", 1280)
    found = {}
    roles = {world.STRANGERS: Role.AUDITOR}
    for organisation in (world.WARD, world.RESPONSE, *roles):
        role = roles.get(organisation, Role.CASEWORKER)
        cookie = Worker(app, settings, clock, organisation, role).cookie
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=origin)
        context.add_cookies([{"name": "onward-session", "value": cookie, "url": origin}])
        found[organisation] = context.new_page()
        found[organisation].set_default_timeout(10_000)
    return found


LOWER = """row => {
  const foot = element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getClientRects()[0].bottom;
  };
  return Math.abs(foot(row.querySelector("button")) - foot(row.querySelector("th a")));
}"""
"""By how many pixels a row's button stands above or below its first words."""


def addresses(referral: str) -> list[tuple[UUID, str]]:
    """Return every page there is, with whose it is."""
    return [
        (world.WARD, "/"),
        (world.WARD, "/referrals"),
        (world.WARD, "/teams"),
        (world.WARD, "/refer"),
        (world.WARD, f"/refer?service={world.HOUSE}"),
        (world.WARD, f"/referrals/{referral}"),
        (world.WARD, f"/referrals/{referral}/own-page"),
        (world.WARD, f"/referrals/{referral}/person"),
        (world.RESPONSE, "/inbox"),
        (world.RESPONSE, f"/referrals/{referral}"),
        (world.WARD, "/advice/new"),
        (world.RESPONSE, "/advice"),
        (world.WARD, "/referrals/find?reference=0000-0000"),
        (world.WARD, "/referrals/find?reference=Sam"),
        (world.RESPONSE, QUESTION),
        (world.STRANGERS, "/retention"),
        (world.RESPONSE, "/inbox?lang=cy"),
        (world.WARD, f"/referrals/{referral}?lang=cy"),
    ]


def in_another_team(page: Page) -> Page:
    page.goto("/teams")
    page.get_by_label("Response", exact=True).check()
    page.get_by_role("button", name="Work there").click()
    expect(page.get_by_role("link", name="in the team of Response")).to_be_visible()
    return page


def test_axe_finds_nothing_and_nothing_scrolls_sideways_at_four_hundred_per_cent(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    busy: str,
) -> None:
    pages = opened(browser, app, settings, clock, origin)
    complaints: list[str] = []
    for page in pages.values():
        page.on("console", lambda said: complaints.append(said.text))
    for organisation, address in addresses(busy):
        page = pages[organisation]
        page.set_viewport_size({"width": 1280, "height": 900})
        if address == QUESTION:
            page.get_by_role("link", name="Stepdown House").click()
            expect(page.get_by_label("Your answer")).to_be_visible()
        else:
            page.goto(address)
        assert objections(page) == "", address
        page.set_viewport_size({"width": 320, "height": 640})
        assert not page.evaluate(SIDEWAYS), address
    assert objections(in_another_team(pages[world.WARD])) == ""
    assert [text for text in complaints if "Content Security Policy" in text] == []
    for page in pages.values():
        page.context.close()


def test_a_button_in_a_row_stands_in_line_with_its_words(
    browser: Browser, app: Flask, settings: Settings, clock: ManualClock, origin: str, busy: str
) -> None:
    page = opened(browser, app, settings, clock, origin)[world.RESPONSE]
    page.goto("/inbox")
    answerable = page.get_by_role("row", name="Ali Penn")
    expect(answerable.get_by_role("button", name="Accept")).to_be_visible()
    assert answerable.evaluate(LOWER) < 2
    page.context.close()


def test_the_keyboard_alone_refers_somebody_and_mistakes_come_first(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    directory: Directory,
) -> None:
    page = opened(browser, app, settings, clock, origin)[world.WARD]
    page.goto(f"/refer?service={world.HOUSE}")
    page.get_by_label("First name").focus()
    page.keyboard.type("Samuel")
    page.keyboard.press("Tab")
    page.keyboard.type("Quillfeather")
    page.keyboard.press("Enter")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Say how urgent it is").click()
    page.keyboard.press("Space")
    page.get_by_label("Direct care").check()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Check before sending").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check before sending")
    page.get_by_role("button", name="Send the referral").press("Enter")
    expect(page.get_by_text("The referral was sent.")).to_be_visible()
    page.context.close()


def test_the_person_reads_their_page_on_a_telephone_and_finds_the_way_out(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    busy: str,
) -> None:
    kim = opened(browser, app, settings, clock, origin)[world.WARD]
    kim.goto(f"/referrals/{busy}/own-page")
    kim.get_by_role("button", name="Make the page").click()
    expect(kim.get_by_role("button", name="Print it")).to_be_visible()
    address = kim.locator(".onward-address").inner_text().strip()
    mine = address.partition("/my/")[2]
    kim.context.close()
    narrow = browser.new_context(viewport={"width": 320, "height": 640}, base_url=origin)
    sam = narrow.new_page()
    for path in (f"/my/{mine}", f"/my/{mine}/stop", f"/my/{mine}/news", "/my/nothing"):
        sam.goto(path)
        assert objections(sam) == "", path
        assert not sam.evaluate(SIDEWAYS), path
    sam.goto(f"/my/{mine}")
    sam.keyboard.press("Tab")
    sam.keyboard.press("Tab")
    expect(sam.get_by_role("link", name="Leave this page quickly")).to_be_focused()
    narrow.close()
    plain = browser.new_context(
        viewport={"width": 320, "height": 640}, base_url=origin, java_script_enabled=False
    )
    choosing = plain.new_page()
    choosing.goto(f"/my/{mine}")
    choosing.get_by_role("link", name="Choose whether and how we tell you").click()
    choosing.get_by_label("By text message").check()
    choosing.get_by_label("Between 5pm and 8pm").check()
    choosing.get_by_role("button", name="Save").click()
    expect(choosing.get_by_text("Saved. We tell you when there is news.")).to_be_visible()
    expect(choosing.get_by_label("Between 5pm and 8pm")).to_be_checked()
    plain.close()


def test_a_form_is_kept_while_it_is_typed_and_goes_on_after_a_break(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    directory: Directory,
) -> None:
    page = opened(browser, app, settings, clock, origin)[world.WARD]
    page.goto(f"/refer?service={world.HOUSE}")
    page.get_by_label("First name").press_sequentially("Samuel")
    expect(page.locator("[data-kept]")).to_contain_text("Kept at")
    page.goto("/refer")
    page.get_by_role("link", name="Go on with the referral to Stepdown House").click()
    expect(page.get_by_label("First name")).to_have_value("Samuel")
    page.context.close()


def test_the_keyboard_alone_works_through_the_inbox(
    browser: Browser,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    origin: str,
    ward: Desk,
) -> None:
    for urgency in ("routine", "emergency", "urgent"):
        person = {"given_name": urgency.title(), "family_name": "Penn"}
        ward.sent(urgency=urgency, person=person)
    page = opened(browser, app, settings, clock, origin)[world.RESPONSE]
    heading = page.get_by_role("heading", level=1)
    page.goto("/inbox")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Emergency Penn")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("Emergency Penn")
    page.keyboard.press("q")
    page.get_by_label("Your question").press_sequentially("Can they manage stairs?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Response has a question for Ward Team.")).to_be_visible()
    page.goto("/inbox?show=waiting")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("Urgent Penn")
    page.keyboard.press("n")
    expect(heading).to_contain_text("Routine Penn")
    page.keyboard.press("d")
    page.get_by_label("Why").press("W")
    page.get_by_label("In a sentence").press_sequentially("All rooms are taken.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Response has declined")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.context.close()


def by_tab(page: Page, target: Locator, key: str = "Enter") -> None:
    """Walk to *target* as whoever has no mouse does, and press *key* there."""
    target.wait_for()
    for _ in range(100):
        if target.evaluate("one => one === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way by keyboard to {target}")


@pytest.fixture
def nurse(
    browser: Browser, app: Flask, settings: Settings, clock: ManualClock, origin: str
) -> Iterator[Page]:
    """Lend the browser of somebody on the ward."""
    page = opened(browser, app, settings, clock, origin)[world.WARD]
    yield page
    page.context.close()


def test_the_keyboard_alone_answers_writes_arranges_corrects_and_says_stop(
    nurse: Page, ward: Desk, house: Desk
) -> None:
    """With referring, choosing, asking, accepting and declining above these are the ten commonest tasks."""
    handoff = ward.sent()
    house.does(handoff, "ask", sentence="Can they manage stairs?")
    nurse.goto(f"/referrals/{handoff['referral_id']}")
    by_tab(nurse, nurse.locator("#answer > summary"))
    by_tab(nurse, nurse.get_by_label("Your answer"), "Y")
    by_tab(nurse, nurse.get_by_role("button", name="Answer", exact=True))
    expect(nurse.get_by_text("Answered.")).to_be_visible()
    nurse.keyboard.press("w")
    by_tab(nurse, nurse.get_by_label("What you want to say"), "Z")
    by_tab(nurse, nurse.get_by_label("Both sides"), "Space")
    by_tab(nurse, nurse.get_by_role("button", name="Send", exact=True))
    expect(nurse.get_by_text("Message: Ward Team")).to_be_visible()
    arranges_and_corrects(nurse)
    by_tab(nurse, nurse.get_by_role("link", name="Change what the person agrees to"))
    by_tab(nurse, nurse.get_by_label("Yes", exact=True), "ArrowDown")
    by_tab(nurse, nurse.get_by_role("button", name="Record it"))
    expect(nurse.get_by_text("One recipient can no longer read")).to_be_visible()


def arranges_and_corrects(nurse: Page) -> None:
    by_tab(nurse, nurse.locator("#arrange > summary"))
    by_tab(nurse, nurse.get_by_label("Day", exact=True), "1")
    nurse.keyboard.type("1112026")
    by_tab(nurse, nurse.get_by_label("Time", exact=True), "1")
    nurse.keyboard.type("010AM")
    by_tab(nurse, nurse.get_by_role("button", name="Make the appointment"))
    expect(nurse.get_by_text("11 November 2026, 10:10am", exact=True)).to_be_visible()
    by_tab(nurse, nurse.get_by_role("link", name="Correct these details"))
    by_tab(nurse, nurse.get_by_label("Phone (optional)"), "End")
    nurse.keyboard.type("9")
    by_tab(nurse, nurse.get_by_role("button", name="Correct it"))
    expect(nurse.get_by_text("One recipient reads it from now on")).to_be_visible()
