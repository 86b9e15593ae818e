"""The directory's pages, as browsers of several organisations see them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from onward.contracts import referral
from onward.contracts.access import RecordRead
from onward.identity import Actor, Role
from onward.service import RunningService
from onward.web.sessions import begin_session
from onward.web.tokens import issue_session
from services.directory.domain.organisations import Organisation
from tests.integration.directory.world import (
    ADVISERS,
    CONNECTION,
    HOUSE,
    RESPONSE,
    WARD,
    Handoffs,
    about,
)

Told = Callable[[type[Any]], list[Any]]
Look = Callable[..., str]
SERVICE_PAGE = f"/directory/services/{HOUSE.id}"


@pytest.fixture
def look(app: Flask, running: RunningService) -> Look:
    """Return the page at a path as somebody of an organisation sees it."""

    def page(path: str, who: Organisation = WARD, role: Role = Role.CASEWORKER) -> str:
        actor = Actor(principal="worker:somebody", organisation=who.id, role=role)
        begun = begin_session(actor, at=running.clock.now(), label="Somebody")
        browser = app.test_client()
        browser.set_cookie("onward-session", issue_session(running.settings, begun))
        answer = browser.get(path, headers={"Accept": "text/html"})
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.get_data(as_text=True)

    return page


@pytest.fixture
def full_house(running: RunningService) -> None:
    handoffs = Handoffs(running)
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(referral.HandoffStarted(**about(1)))
    handoffs.tell(handoffs.accept(2))


def test_the_list_says_what_room_there_is_now(look: Look, full_house: None) -> None:
    page = look("/directory")

    assert "Full, 1 waiting" in page
    assert "Response, Connection" in page
    assert "Ask the service" in page


def test_a_search_without_hits_says_what_to_try(look: Look) -> None:
    assert "No service fits" in look("/directory?q=submarine&status=active")


def test_a_search_that_cannot_be_says_what_to_change(look: Look) -> None:
    assert "Something in the request is not right" in look("/directory?status=blue")


def test_a_sender_sees_that_the_bed_is_taken_and_not_by_whom(
    look: Look, full_house: None, told: Told
) -> None:
    page = look(SERVICE_PAGE)

    assert "Taken" in page
    assert str(about(1)["referral_id"]) not in page
    assert "Who waits" not in page
    assert "Refer somebody" in page
    assert told(RecordRead) == []


def test_the_house_sees_who_has_the_bed_and_who_waits_and_that_is_audited(
    look: Look, full_house: None, told: Told
) -> None:
    page = look(SERVICE_PAGE, RESPONSE)

    assert f"/referrals/{about(1)['referral_id']}" in page
    assert "Nobody as urgent has waited longer." in page
    assert [read.records for read in told(RecordRead)] == [2]


def test_a_joint_provider_sees_the_queue_but_no_door_to_anothers_referral(
    look: Look, full_house: None
) -> None:
    page = look(SERVICE_PAGE, CONNECTION)

    assert "Who waits" in page
    assert "/referrals/" not in page


def test_what_people_wrote_is_shown_as_text(
    look: Look, running: RunningService, full_house: None
) -> None:
    assert "&lt;b&gt;" in look("/directory?q=<b>")


def test_agreements_are_on_the_page_for_the_parties_and_the_auditor(look: Look) -> None:
    path = f"/directory/organisations/{RESPONSE.id}"

    assert "Sharing agreements" in look(path, RESPONSE)
    assert "Sharing agreements" in look(path, ADVISERS, Role.AUDITOR)
    assert "Sharing agreements" not in look(path, ADVISERS)
