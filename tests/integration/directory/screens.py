"""The directory in a real browser: served on loopback, with somebody signed in."""

from typing import Final

from playwright.sync_api import Browser, Page

from onward.identity import Actor
from onward.service import RunningService
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from tests.integration.directory.world import NURSE

SIDEWAYS: Final = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def opened(
    browser: Browser,
    running: RunningService,
    origin: str,
    *,
    width: int = 1280,
    script: bool = True,
    who: Actor = NURSE,
) -> Page:
    """Return a page with somebody signed in: a caseworker of the ward, unless said otherwise."""
    begun = begin_session(who, at=running.clock.now(), label="Somebody")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, base_url=origin, java_script_enabled=script
    )
    cookie = issue_session(running.settings, begun)
    context.add_cookies([{"name": "onward-session", "value": cookie, "url": origin}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page
