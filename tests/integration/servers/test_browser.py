"""The browser that page tests use is a real one."""

from playwright.sync_api import Browser, expect


def test_a_page_is_shown(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>Who has this now?</h1>")
    expect(page.get_by_role("heading")).to_have_text("Who has this now?")
    page.close()
