"""The directory in a real browser: served on loopback, with somebody signed in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from onward.identity import Actor
from onward.service import RunningService
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from tests.integration.directory.world import NURSE

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIDEWAYS: Final = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing: the test speaks."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve *app* on loopback; return its origin."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
