"""The audit pages in a real browser: axe, narrow screens, and evidence taken away without a script."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from onward.clock import ManualClock
from onward.settings import Settings
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from onward_verifier.bundles import verify
from onward_verifier.cases import verify_case
from onward_verifier.notes import Key
from services.audit.handlers.notary import Notary
from tests.integration.audit.conftest import Hear
from tests.support.axe import objections
from tests.support.serving import served
from tests.unit.audit.story import AUDITOR, Story, a_handoff, the_house

SAM = Story().referral
PAGES = (
    "/audit",
    "/audit?referral=sam",
    f"/audit/trails/{SAM}",
    "/audit/entries?action=access.",
    "/audit/checkpoints",
    "/audit/completeness",
    "/audit/reports",
    "/audit/reports/without-purpose",
    "/audit/cases",
    "/audit/stalls",
    "/audit/stalls?from=2020-01-01",
)
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def origin(app: Flask, hear: Hear) -> Iterator[str]:
    """Serve the audit pages on loopback, with one handoff in the log."""
    hear([*the_house(), *a_handoff()])
    with served(app) as origin:
        yield origin


@pytest.fixture
def session(settings: Settings, clock: ManualClock) -> str:
    """Return the session of an auditor."""
    return issue_session(settings, begin_session(AUDITOR, at=clock.now(), label="Somebody"))


def opened(browser: Browser, origin: str, session: str, *, width: int, script: bool) -> Page:
    """Open a window in which an auditor is signed in."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script, base_url=origin
    )
    context.add_cookies([{"name": "onward-session", "value": session, "url": origin}])
    return context.new_page()


def assert_readable(browser: Browser, origin: str, session: str, paths: Sequence[str]) -> None:
    """Fail where axe finds something, or where a page scrolls sideways at 320 pixels."""
    wide = opened(browser, origin, session, width=1280, script=True)
    narrow = opened(browser, origin, session, width=320, script=True)
    for path in paths:
        wide.goto(path)
        assert objections(wide) == "", path
        narrow.goto(path)
        assert narrow.evaluate(SIDEWAYS) is False, f"{path} scrolls sideways"


@pytest.mark.browser
def test_axe_finds_nothing_and_nothing_scrolls_sideways_at_four_hundred_per_cent(
    browser: Browser, origin: str, session: str
) -> None:
    assert_readable(browser, origin, session, PAGES)


@pytest.mark.browser
def test_an_auditor_finds_a_trail_and_takes_its_evidence_and_its_print_away_without_a_script(
    browser: Browser, origin: str, session: str, notary: Notary
) -> None:
    page = opened(browser, origin, session, width=1280, script=False)
    page.goto("/audit")
    page.get_by_label("Referral").fill(str(SAM))
    page.get_by_role("button", name="Show its trail").click()
    expect(page.get_by_role("main")).to_contain_text("All 13 steps are proved")

    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the evidence").click()
    bundle = Path(taken.value.path()).read_bytes()
    assert verify(bundle, Key.parse(str(notary.key))).leaves == 13
    with page.expect_download() as printed:
        page.get_by_role("link", name="Print it").click()
    assert Path(printed.value.path()).read_bytes().startswith(b"%PDF-")


@pytest.mark.browser
def test_an_auditor_keeps_a_search_comes_back_and_takes_it_away_without_a_script(
    browser: Browser, origin: str, session: str, notary: Notary
) -> None:
    page = opened(browser, origin, session, width=320, script=False)
    page.goto(f"/audit/entries?referral={SAM}&action=access.")
    page.get_by_label("Name of the case file").fill("Who read it")
    page.get_by_role("button", name="Keep it in a case file").click()
    main = page.get_by_role("main")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Who read it")
    expect(main).to_contain_text("The log only grew")
    page.get_by_label("Put in a referral").fill("no id")
    page.get_by_role("button", name="Put it in").click()
    expect(page.get_by_role("alert")).to_contain_text("all 36 signs")
    page.get_by_label("Put in a referral").fill(str(SAM))
    page.get_by_role("button", name="Put it in").click()
    expect(main.get_by_role("rowheader")).to_have_count(1)
    page.get_by_label("Write a note").fill("Ask the house.")
    page.get_by_role("button", name="Keep it").click()
    expect(main).to_contain_text("Ask the house.")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download as one file").click()
    held = verify_case(Path(taken.value.path()).read_bytes(), Key.parse(str(notary.key)))
    assert [each.referral for each in held.bundles] == [str(SAM)]

    page.goto("/audit/cases")
    address = page.get_by_role("link", name="Who read it").get_attribute("href")
    assert address
    assert_readable(browser, origin, session, [address])
    page.goto(address)
    page.get_by_text("Throw the case file away").click()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_role("main")).to_contain_text("There is none yet")
