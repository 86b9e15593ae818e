"""Importing a file in a real browser: how far it is, and its report; also without a script, by a link."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from onward.clock import ManualClock
from onward.service import RunningService
from services.directory.domain.imports import Line
from services.directory.exchange import jobs
from services.directory.storage.imports import HELD
from tests.integration.directory.screens import SIDEWAYS, opened
from tests.integration.directory.test_exchange import exported
from tests.integration.directory.world import OPERATOR
from tests.support.axe import objections


def file_of(running: RunningService) -> FilePayload:
    """Return three services of the directory: one that cannot be, one changed, one unchanged."""
    services: list[dict[str, Any]] = orjson.loads(orjson.dumps(exported(running)["services"][:3]))
    services[0]["status"] = "open"
    services[1]["description"] = "Another summary."
    content = orjson.dumps({"services": services}, option=orjson.OPT_INDENT_2)
    return {"name": "services.json", "mimeType": "application/json", "buffer": content}


def half_way(running: RunningService) -> None:
    """Leave the import as a process leaves it that dies after one entry of several."""
    with running.database.transaction() as uow:
        held = uow.store.imports.take(at=uow.now)
        assert held is not None
        uow.store.imports.hold(held, at=uow.now, total=4)
        line = Line(
            number=9,
            kind="services",
            entry_id=None,
            name="Already there",
            result="unchanged",
            changed=(),
            mistakes=(),
            left_out=(),
        )
        uow.store.imports.report(held, [line])


def sound(page: Page) -> None:
    """Hold that axe finds nothing, nothing scrolls sideways; of a page that does not load itself again."""
    assert page.evaluate(SIDEWAYS) is False
    assert objections(page) == ""


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_somebody_imports_a_file_watches_it_and_reads_what_became_of_it(
    browser: Browser, seeded: RunningService, origin: str, clock: ManualClock, *, script: bool
) -> None:
    page = opened(browser, seeded, origin, width=1280 if script else 320, who=OPERATOR)
    if not script:  # none of ours: axe is one, too
        page.route("**/*.js*", lambda route: route.abort())
    status = page.get_by_role("status")

    def look_again() -> None:
        if not script:
            page.get_by_role("link", name="Show how far it is now").click()

    page.goto("/directory")
    page.get_by_role("link", name="Import a file").click()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file.")
    sound(page)
    page.get_by_label("File", exact=True).set_input_files(files=[file_of(seeded)])
    page.get_by_role("button", name="Import").click()
    expect(status).to_contain_text("Waiting")
    half_way(seeded)
    look_again()
    expect(status).to_contain_text("Importing: 1 of 4 entries")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "1")
    if not script:
        sound(page)

    clock.advance(HELD + timedelta(seconds=1))
    jobs.carry_on(seeded)
    look_again()
    expect(status).to_contain_text("Done")
    main = page.get_by_role("main")
    for said in ("Use one of: inactive, active", "Line", "Summary"):
        expect(main).to_contain_text(said)
    sound(page)


@pytest.mark.browser
def test_a_planned_service_is_listed_and_offers_no_way_to_refer(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    page = opened(browser, seeded, origin, script=False)
    page.goto("/directory?q=Social+evening&status=planned")

    page.get_by_role("main").get_by_role("link", name="Social evening").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Planned")
    expect(page.get_by_role("main")).to_contain_text("nobody can be referred to it")
    expect(page.get_by_role("link", name="Refer somebody")).to_have_count(0)
    page.goto("/directory/services/c210487e-72c0-45bb-864a-1c16c5ade1c7")
    expect(page.get_by_role("link", name="Refer somebody")).to_have_count(1)
