"""Editing in a real browser: by keyboard alone, without a script, on narrow screens, with axe."""

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from onward.identity import Actor, Role
from onward.service import RunningService
from tests.integration.directory.screens import SIDEWAYS, opened
from tests.support.axe import objections

HOUSE = "/directory/services/c210487e-72c0-45bb-864a-1c16c5ade1c7"
EDITOR = Actor(
    principal="worker:editor",
    organisation=UUID("790c1fe1-452c-4847-a9bc-876b4031b088"),
    role=Role.OPERATOR,
)
FORMS = ("about", "whom", "people")
TEAM = "/directory/organisations/790c1fe1-452c-4847-a9bc-876b4031b088"
NEW = (
    *("/directory/organisations/new", "/directory/services/new", "/directory/programmes/new"),
    *(f"{HOUSE}/places/new", TEAM, f"{TEAM}/placements/new"),
)
"""Pages on which something new is listed, added or let in."""
MOST_TABS = 60


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until *wanted* has the focus."""
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


@pytest.mark.browser
def test_a_rule_is_mended_and_taken_back_with_the_keyboard_alone(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    page = opened(browser, seeded, origin, who=EDITOR)
    page.goto(HOUSE)
    for link in ("Change this entry", "Whom it takes"):
        tab_to(page, page.get_by_role("link", name=link))
        page.keyboard.press("Enter")
    rules = page.get_by_label("Whom it takes")
    tab_to(page, rules)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("rule: {fact: age, ovr: 21}")
    tab_to(page, page.get_by_role("button", name="Continue"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Line 1: A key here is not known; perhaps over."))
    page.keyboard.press("Enter")
    expect(rules).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("rule: {fact: age, over: 21}")
    for button in ("Continue", "Save"):
        tab_to(page, page.get_by_role("button", name=button))
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    expect(page.get_by_role("main")).to_contain_text("Saved as version 2.")
    expect(page.get_by_role("main")).to_contain_text("Over 21")

    for link in ("History of this entry", "Go back to version 1"):
        tab_to(page, page.get_by_role("link", name=link))
        page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Version 3 (now): back to version 1")


@pytest.mark.browser
def test_forms_and_history_are_sound_wide_and_narrow_without_a_script(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    wide = opened(browser, seeded, origin, who=EDITOR)
    narrow = opened(browser, seeded, origin, who=EDITOR, width=320, script=False)
    narrow.goto(f"{HOUSE}/edit/capacity")
    narrow.get_by_label("Longest stay, in days").fill("9")
    narrow.get_by_role("button", name="Continue").click()
    expect(narrow.get_by_role("alert")).to_contain_text("Review a stay before its last day.")
    assert narrow.evaluate(SIDEWAYS) is False
    narrow.get_by_label("Longest stay, in days").fill("21")
    narrow.get_by_role("button", name="Continue").click()
    expect(narrow.get_by_role("row", name="Longest stay, in days")).to_contain_text("21")
    assert narrow.evaluate(SIDEWAYS) is False
    narrow.get_by_role("button", name="Save").click()
    expect(narrow.get_by_role("main")).to_contain_text("Saved as version 2.")

    narrow.goto(HOUSE)
    narrow.get_by_role("list", name="Places").get_by_role("link").first.click()
    expect(narrow.get_by_role("heading", name="Change it")).to_be_visible()
    paths = [HOUSE + path for path in ("/edit", "/history", "/history/1")]
    paths += [f"{HOUSE}/edit/{form}" for form in FORMS]
    for path in (*paths, *NEW, urlsplit(narrow.url).path):
        wide.goto(path)
        assert objections(wide) == "", path
        narrow.goto(path)
        assert narrow.evaluate(SIDEWAYS) is False, f"{path} scrolls sideways"


@pytest.mark.browser
def test_the_matrix_of_agreements_is_sound_wide_and_narrow(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    wide = opened(browser, seeded, origin, who=EDITOR)
    narrow = opened(browser, seeded, origin, who=EDITOR, width=320, script=False)
    narrow.goto("/directory")
    narrow.get_by_role("link", name="Sharing agreements").click()
    assert narrow.evaluate(SIDEWAYS) is False
    narrow.get_by_role("table").get_by_role("link", name="Response").first.click()
    narrow.get_by_role("link", name="Identity, contact").first.click()
    expect(narrow.get_by_role("heading", level=1)).to_contain_text("Holds")
    assert narrow.evaluate(SIDEWAYS) is False
    for page in ("/directory/agreements", "/directory/agreements/new", narrow.url):
        wide.goto(page)
        assert objections(wide) == "", page
