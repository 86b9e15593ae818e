"""Pages in a real browser: nothing axe objects to, narrow screens, keyboard alone, no script."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import objections
from tests.support.serving import served

PAGES = (
    "/showcase",
    "/inbox",
    "/nowhere",
    "/docs",
    "/docs/problems/invalid",
    "/docs/events/referral.handoff-rejected.v1",
    "/api/v1/notes/docs",
)
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """Serve the sample service on loopback."""
    with served(app) as address:
        yield address


def opened(
    browser: Browser, origin: str, worker: FlaskClient, *, width: int = 1200, script: bool = True
) -> Page:
    """Return a page of the browser that the caseworker signed in with."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script, base_url=origin
    )
    cookie = worker.get_cookie("onward-session")
    assert cookie is not None
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": origin}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def test_axe_finds_nothing_to_object_to(
    browser: Browser, origin: str, worker: FlaskClient
) -> None:
    page = opened(browser, origin, worker)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    for address in PAGES:
        page.goto(address)
        assert objections(page) == "", address
    assert [text for text in complaints if "Content Security Policy" in text] == []
    page.context.close()


def test_nothing_scrolls_sideways_at_four_hundred_per_cent(
    browser: Browser, origin: str, worker: FlaskClient
) -> None:
    """1280 CSS pixels at 400 % are 320 (WCAG 1.4.10)."""
    page = opened(browser, origin, worker, width=320)
    for address in PAGES:
        page.goto(address)
        assert not page.evaluate(SIDEWAYS), address
    page.context.close()


def test_the_keyboard_alone_skips_to_the_content_and_walks_the_rows(
    browser: Browser, origin: str, worker: FlaskClient
) -> None:
    page = opened(browser, origin, worker)
    page.goto("/inbox")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    expect(page.locator("#maincontent")).to_be_focused()

    page.goto("/showcase")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_text("Jo Marsh")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()
    page.context.close()


def test_news_arrives_without_reloading_and_leads_nowhere_else(
    browser: Browser, origin: str, worker: FlaskClient
) -> None:
    page = opened(browser, origin, worker)
    page.goto("/inbox")
    news = page.get_by_role("status")

    expect(news).to_contain_text("New referral")
    expect(page.locator("#new")).to_have_text("4")
    expect(news.get_by_role("link", name="Show")).to_have_attribute("href", "/inbox")
    page.context.close()


def test_a_form_works_without_a_script(browser: Browser, origin: str, worker: FlaskClient) -> None:
    page = opened(browser, origin, worker, script=False)
    page.goto("/inbox")
    page.get_by_label("Note").fill("hello")
    page.get_by_role("button", name="Write").click()
    expect(page.get_by_text("Written.")).to_be_visible()
    page.context.close()
