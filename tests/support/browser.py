"""A real Chromium for the pages, where there is one or Debian can install it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

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

NEEDED = ("chromium", "libatomic1")
"""Debian packages: the browser, and what Playwright's own driver wants beside it."""


def prepare() -> None:
    """Install a browser if there is none and we may; takes a minute, so no test should wait for it."""
    if _installed() is None:
        install(*NEEDED)


PATIENCE = 15_000
"""Milliseconds that an expectation of a page may take to come true."""


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """Lend a running browser; None where none can be had."""
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=_installed(), args=QUIET)
        except Exception:  # noqa: BLE001 - no driver or no browser: Playwright raises bare ones too
            yield None
            return
        stack.callback(browser.close)
        expect.set_options(timeout=PATIENCE)
        yield browser


def _installed() -> str | None:
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path), None)
