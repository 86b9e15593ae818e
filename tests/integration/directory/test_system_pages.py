"""A team lead sees which systems act for the organisation, and shuts out one whose secret is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from onward.contracts.directory import AccountChanged, PartnerQueueChanged
from onward.errors import UnauthenticatedError
from onward.identity import Actor, Role
from onward.service import RunningService
from services.directory.handlers.partners import Registered, prove_by_secret, register
from services.directory.web.system_pages import AT
from tests.integration.directory import world
from tests.integration.directory.conftest import envelopes
from tests.integration.directory.forms import Editor
from tests.integration.directory.screens import SIDEWAYS, opened
from tests.support.axe import objections
from tests.support.serving import served

LEAD = Actor(principal="worker:lead", organisation=world.WARD.id, role=Role.TEAM_LEAD)


@pytest.fixture
def records(running: RunningService) -> Registered:
    """Let a system of the ward in."""
    with running.database.transaction(actor=world.OPERATOR) as uow:
        return register(uow, organisation_id=world.WARD.id, name="Ward records", live=True)


@pytest.mark.browser
def test_a_team_lead_shuts_a_system_out_once_they_are_sure(
    browser: Browser, running: RunningService, records: Registered
) -> None:
    with served(running.service.create_app(running)) as origin:
        page = opened(browser, running, origin, width=320, who=LEAD)
        page.goto(AT)
        expect(page.get_by_role("heading", name="Ward records")).to_be_visible()
        expect(page.get_by_text(records.system.client_id)).to_be_visible()
        page.locator("summary", has_text="Shut it out").click()
        page.get_by_role("button", name="Shut it out").click()
        expect(page.get_by_role("alert")).to_contain_text("Tick that you are sure.")
        assert objections(page) == ""
        assert page.evaluate(SIDEWAYS) is False
        page.get_by_label("I am sure").check()
        page.get_by_role("button", name="Shut it out").click()
        expect(page.get_by_text("Ward records is shut out.")).to_be_visible()
        expect(page.get_by_role("button", name="Shut it out")).to_have_count(0)
    told = [one.event for one in envelopes(running)]
    assert [type(event) for event in told[-2:]] == [AccountChanged, PartnerQueueChanged]
    with running.database.transaction() as uow, pytest.raises(UnauthenticatedError):
        prove_by_secret(uow, records.system.client_id, str(records.secret))


def test_a_system_is_its_own_organisations_business(
    running: RunningService, records: Registered, sit: Callable[..., Editor]
) -> None:
    there = sit(world.WARD, Role.TEAM_LEAD)
    assert "Ward records" in there.look(AT)
    assert str(records.secret) not in there.page
    elsewhere = sit(role=Role.TEAM_LEAD)
    assert "No system acts for your organisation yet." in elsewhere.look(AT)
    token = elsewhere.page.split('name="csrf_token" value="')[1].split('"')[0]
    close = f"{AT}/{records.system.client_id}/close"
    answer = elsewhere.client.post(close, data={"csrf_token": token, "sure": "yes"})
    assert answer.status_code == 404
    with running.database.transaction() as uow:
        assert prove_by_secret(uow, records.system.client_id, str(records.secret)).active
