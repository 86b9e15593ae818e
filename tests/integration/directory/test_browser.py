"""The seed partnerships on the directory's pages, in a real browser: axe, narrow screens, no script."""

from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from onward.identity import Actor, Role
from onward.service import RunningService
from tests.integration.directory.screens import SIDEWAYS, opened
from tests.support.axe import objections

HOUSE = "/directory/services/c210487e-72c0-45bb-864a-1c16c5ade1c7"
TENANCY = "/directory/services/437a220e-7c27-43f6-8d2b-1be794065d33"
PEERS = "/directory/services/e59679df-9a74-4123-a122-aeca9a0f3c41"
CAFE = "/directory/services/c894650e-f989-4bd7-9542-2097fb18dbec"
PILOT = "/directory/programmes/1c242f4a-8a56-46ee-b387-e5f3d8ad50cc"
TEAM = "/directory/organisations/790c1fe1-452c-4847-a9bc-876b4031b088"
COUNCIL = "/directory/organisations/e100836c-8abd-45a2-aa08-53ea2f315a89"
FIND, USE = "/directory/find", f"{HOUSE}/use"
PAGES = ("/directory", FIND, HOUSE, USE, TENANCY, PEERS, CAFE, PILOT, TEAM, COUNCIL)


@pytest.mark.browser
def test_axe_finds_nothing_and_nothing_scrolls_sideways_at_four_hundred_per_cent(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    wide, narrow = (opened(browser, seeded, origin, width=width) for width in (1280, 320))

    for path in PAGES:
        wide.goto(path)
        assert objections(wide) == "", path
        narrow.goto(path)
        assert narrow.evaluate(SIDEWAYS) is False, f"{path} scrolls sideways"


@pytest.mark.browser
def test_somebody_finds_a_service_and_reads_whom_it_takes_without_a_script(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    page = opened(browser, seeded, origin, script=False)

    page.goto("/directory")
    page.get_by_label("Help with").select_option(label="A place to live")
    page.get_by_label("First half of postcode").fill("ox4")
    page.get_by_label("Have room now").check()
    page.get_by_role("button", name="Search").click()

    names = page.get_by_role("rowheader")
    expect(names).to_have_text(["Housing First", "Stepdown House"])
    page.get_by_role("link", name="Stepdown House").click()
    main = page.get_by_role("main")
    for said in (
        "People who live in Oxfordshire",
        "Is medically ready to leave hospital",
        "Lacks a suitable home",
        "When it is open is not stated: ask first",
        "1 of 1 free",
        "14 days",
        "Support worker, employed by Connection Support",
        "How many people it can take",
    ):
        expect(main).to_contain_text(said)
    main.get_by_role("link", name="Connection Support").first.click()
    expect(main.get_by_role("rowheader")).to_contain_text(["Stepdown House"])


@pytest.mark.browser
def test_a_service_that_little_is_known_of_says_so(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    page = opened(browser, seeded, origin, script=False)
    page.goto(CAFE)

    main = page.get_by_role("main")
    expect(main).to_contain_text("Nobody states whom it takes: ask the service.")
    expect(main).to_contain_text("Who provides it")
    main.get_by_role("link", name="Shropshire Sanctuary").click()
    main.get_by_role("link", name="Oswestry Crisis and Creativity").click()
    expect(main).to_contain_text("Aged 18 or over")
    expect(main.get_by_role("rowheader")).to_have_count(7)
    main.get_by_role("link", name="Social evening").click()
    expect(main).to_contain_text("Aged 18 or over")  # as the programme says of all its services
    expect(main).to_contain_text("nobody can be referred to it")


@pytest.mark.browser
def test_a_drop_ins_headcounts_are_sound_wide_and_narrow_and_kept_without_a_script(
    browser: Browser, seeded: RunningService, origin: str
) -> None:
    with seeded.database.transaction() as uow:
        drop_in = uow.store.services.get(UUID(CAFE.rpartition("/")[2]))
    host = Actor(principal="worker:host", organisation=drop_in.recipient, role=Role.CASEWORKER)
    narrow = opened(browser, seeded, origin, who=host, width=320, script=False)
    narrow.goto(CAFE)
    narrow.get_by_role("link", name="Count the people who came").click()
    assert narrow.evaluate(SIDEWAYS) is False
    narrow.get_by_label("People").fill("17")
    narrow.get_by_role("button", name="Save").click()
    expect(narrow.get_by_role("main")).to_contain_text("Saved: 17 people")
    assert narrow.evaluate(SIDEWAYS) is False
    wide = opened(browser, seeded, origin, who=host)
    wide.goto(urlsplit(narrow.url).path)
    assert objections(wide) == ""
