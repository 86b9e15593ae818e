"""A real Chromium for the pages, where there is one or Debian can install it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests.support.packages import install

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""Runs in containers and as root, and speaks to nobody but the page."""


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """Lend a running browser; None where none can be had."""
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        try:
            yield browser
        finally:
            if browser:
                browser.close()


def _launched(playwright: Playwright) -> Browser | None:
    program = _installed() or (_installed() if install("chromium") else None)
    try:
        return playwright.chromium.launch(executable_path=program, args=QUIET)
    except Error:  # no system browser, and none that playwright has downloaded
        return None


def _installed() -> str | None:
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path), None)
