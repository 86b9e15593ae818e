"""Importing a file in a real browser: the report comes by itself, and without a script by a link."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from onward.service import RunningService
from services.directory.exchange import jobs, writing
from tests.integration.directory.screens import RULES, SIDEWAYS, opened
from tests.integration.directory.test_exchange import exported
from tests.integration.directory.world import OPERATOR


@pytest.mark.browser
def test_somebody_imports_a_file_and_reads_what_became_of_it(
    browser: Browser, seeded: RunningService, origin: str, tmp_path: Path
) -> None:
    document = json.loads(writing.as_json(exported(seeded)))
    document["services"][0]["status"] = "open"
    document["services"][1]["description"] = "Another summary."
    file = tmp_path / "services.json"
    file.write_text(json.dumps(document, indent=2))

    for width, script in ((1280, True), (320, False)):
        page = opened(browser, seeded, origin, width=width, script=script, who=OPERATOR)
        page.goto("/directory")
        page.get_by_role("link", name="Import a file").click()
        _check(page, script=script)
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a file.")
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_role("status")).to_contain_text("Waiting")
        jobs.carry_on(seeded)
        if not script:
            page.get_by_role("link", name="Show how far it is now").click()
        expect(page.get_by_role("status")).to_contain_text("Done")
        _check(page, script=script)
        expect(page.get_by_role("main")).to_contain_text("Use one of: inactive, active")


def _check(page: Page, *, script: bool) -> None:
    """Hold that axe finds nothing and nothing scrolls sideways; both need a script of ours in the page."""
    if script:
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
    else:
        box = page.get_by_role("main").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 320
    assert page.evaluate(SIDEWAYS) is False
