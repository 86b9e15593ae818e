"""A team lead lets time pass in a sandbox of theirs, and closes it, at a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from onward.contracts.directory import SandboxTimePassed
from onward.identity import Actor, Role
from onward.service import RunningService
from services.directory.handlers.sandboxes import open_sandbox
from services.directory.web.sandboxes import AT
from tests.integration.directory import world
from tests.integration.directory.conftest import envelopes
from tests.integration.directory.forms import Editor
from tests.integration.directory.screens import SIDEWAYS, opened
from tests.support.axe import objections
from tests.support.serving import served

LEAD = Actor(principal="worker:lead", organisation=world.WARD.id, role=Role.TEAM_LEAD)


@pytest.mark.browser
def test_a_team_lead_lets_two_days_pass_closes_it_and_is_told_what_cannot_be(
    browser: Browser, running: RunningService
) -> None:
    with running.database.transaction(actor=world.OPERATOR) as uow:
        open_sandbox(uow, world.WARD.id)
    with served(running.service.create_app(running)) as origin:
        page = opened(browser, running, origin, width=320, who=LEAD)
        page.goto(AT)
        expect(page.get_by_text("Step-down house (sandbox)")).to_be_visible()
        page.get_by_label("Let time pass").fill("two days")
        page.get_by_role("button", name="Let it pass").click()
        expect(page.get_by_role("alert")).to_contain_text("Enter whole hours, 1 to 8784.")
        expect(page.get_by_label("Let time pass")).to_have_value("two days")
        assert objections(page) == ""
        assert page.evaluate(SIDEWAYS) is False
        page.get_by_label("Let time pass").fill("48")
        page.get_by_role("button", name="Let it pass").click()
        expect(page.get_by_text("48 hours passed there.")).to_be_visible()
        page.get_by_text("Close this sandbox").click()
        page.get_by_role("button", name="Close it").click()
        expect(page.get_by_role("alert")).to_contain_text("Tick that you are sure.")
        assert objections(page) == ""
        page.get_by_label("I am sure").check()
        page.get_by_role("button", name="Close it").click()
        expect(page.get_by_text("The sandbox is closed.")).to_be_visible()
        expect(page.get_by_text("Your organisation has no sandbox.")).to_be_visible()
    told = [one.event for one in envelopes(running) if isinstance(one.event, SandboxTimePassed)]
    assert [event.hours for event in told] == [48]


def test_another_organisations_team_lead_sees_none(
    running: RunningService, sit: Callable[..., Editor]
) -> None:
    with running.database.transaction(actor=world.OPERATOR) as uow:
        open_sandbox(uow, world.WARD.id)
    assert "has no sandbox" in sit(role=Role.TEAM_LEAD).look(AT)
    assert "Example House (sandbox)" in sit(world.WARD, Role.TEAM_LEAD).look(AT)
