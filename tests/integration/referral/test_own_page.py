"""The person's own page: made and closed by a worker, read by whoever holds its address, without a script."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts.access import ConsentRecorded, OwnPageClosed, OwnPageMade, RecordRead
from onward.contracts.directory import OrganisationPublished
from onward.identity import Role
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory


@pytest.fixture
def kim(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> Worker:
    """Lend a worker of the ward, who sends."""
    directory.tell(
        OrganisationPublished(
            organisation_id=world.RESPONSE, name="Response", kind="charity", phone="01865 397940"
        )
    )
    return Worker(app, settings, clock, world.WARD)


@pytest.fixture
def sam(app: Flask) -> FlaskClient:
    """Lend a browser that nobody has signed in with."""
    return app.test_client()


def given(kim: Worker, handoff: dict[str, Any], **filled: str) -> str:
    """Return the path of the page that Kim makes for the person."""
    path = f"/referrals/{handoff['referral_id']}/own-page"
    page = kim.after(kim.sends(kim.sees(path), path, **filled))
    found = re.search(r"<strong>http://127\.0\.0\.1:8080(/my/[^<]+)</strong>", page)
    assert found, page
    return found[1]


def seen(sam: FlaskClient, path: str, status: int = 200) -> str:
    response = sam.get(path, headers={"Accept": "text/html"})
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def test_the_person_sees_who_has_them_what_follows_and_whom_to_ask(
    kim: Worker, sam: FlaskClient, ward: Desk, house: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    mine = given(kim, handoff)
    page = seen(sam, mine)
    assert '<html lang="en-GB">' in page
    assert "Response has been asked to help you." in page
    assert "They should have looked at it by 2 November 2026, 4:00pm." in page
    assert "01865 397940" in page
    assert "We never call you." in page
    assert "Who you are, How to reach you, Where you live, on 2 November 2026" in page
    house.does(handoff, "accept")
    directory.queue(handoff, position=3)
    assert "You are on the waiting list of Stepdown House, number 3." in seen(sam, mine)
    directory.hold(handoff)
    start = (house.clock.now() + timedelta(days=1)).isoformat()
    body = {"starts_at": start, "minutes": 50, "mode": "in-person", "place": "Room 2"}
    assert (
        house.ask("POST", f"/handoffs/{handoff['id']}/appointments", json=body).status_code == 201
    )
    page = seen(sam, mine)
    assert "Stepdown House keeps a place for you." in page
    assert "3 November 2026, 12:00pm" in page
    assert "Room 2" in page


def test_the_person_reads_that_an_answer_counts_in_working_hours(
    kim: Worker, sam: FlaskClient, ward: Desk, directory: Directory
) -> None:
    directory.tell(world.house(working_hours=world.OFFICE))
    page = seen(sam, given(kim, ward.sent(urgency="routine")))
    assert "by 2 November 2026, 4:00pm. Only the hours in which they are open count." in page


def test_the_page_is_in_one_language_and_never_in_two(
    kim: Worker, sam: FlaskClient, ward: Desk
) -> None:
    page = sam.get(given(kim, ward.sent()), headers={"Accept-Language": "cy"})
    assert '<html lang="en-GB">' in page.get_data(as_text=True)
    assert "Skip to main content" in page.get_data(as_text=True)


def test_whoever_finds_the_page_learns_nobodys_name(
    kim: Worker, sam: FlaskClient, ward: Desk
) -> None:
    mine = given(kim, ward.sent())
    pages = seen(sam, mine) + seen(sam, f"{mine}/stop")
    assert [word for word in (*world.PERSONAL, "Sam ") if word in pages] == []


def test_the_address_is_kept_nowhere_in_the_open_and_stands_in_no_event(
    kim: Worker, sam: FlaskClient, ward: Desk, running: RunningService
) -> None:
    token = given(kim, ward.sent()).removeprefix("/my/")
    seen(sam, f"/my/{token}")
    plain = token.replace("-", "")
    assert [table for table, text in world.cells(running) if token in text or plain in text] == []


def test_making_reading_and_closing_are_told_to_audit_each_as_who_did_it(
    kim: Worker, sam: FlaskClient, ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    mine = given(kim, handoff)
    seen(sam, mine)
    path = f"/referrals/{handoff['referral_id']}/own-page"
    kim.after(kim.sends(kim.sees(path), "/own-page/close"))
    told = world.envelopes(running)
    kinds = [type(one.event) for one in told]
    assert kinds.count(OwnPageMade) == kinds.count(OwnPageClosed) == 1
    (read,) = (
        one for one in told if isinstance(one.event, RecordRead) and one.event.what == "own-page"
    )
    assert (read.actor.role, read.actor.principal) == (
        Role.PERSON,
        f"person:{handoff['person_id']}",
    )


@pytest.mark.parametrize("ends", ["closed", "replaced", "expired", "mistyped", "erased"])
def test_an_address_that_leads_nowhere_says_so_and_no_more(
    kim: Worker,
    sam: FlaskClient,
    ward: Desk,
    desk: Any,
    clock: ManualClock,
    ends: str,
) -> None:
    handoff = ward.sent()
    mine = given(kim, handoff, days="30")
    path = f"/referrals/{handoff['referral_id']}/own-page"
    if ends == "closed":
        kim.after(kim.sends(kim.sees(path), "/own-page/close"))
    elif ends == "replaced":
        assert given(kim, handoff) != mine
    elif ends == "expired":
        clock.advance(timedelta(days=30))
    elif ends == "mistyped":
        mine = f"{mine[:-1]}{'x' if mine[-1] != 'x' else 'y'}"
    else:
        ward.does(handoff, "cancel", reason="no-longer-needed", sentence="Sam has a room.")
        operator = desk(world.WARD, Role.OPERATOR)
        erased = {"reason": "requested"}
        gone = operator.ask("POST", f"/people/{handoff['person_id']}/erasure", json=erased)
        assert gone.status_code == 201, gone.json
    for address in (mine, f"{mine}/stop"):
        assert "This page is not open" in seen(sam, address, 404)


def test_an_address_read_out_or_typed_from_paper_works(
    kim: Worker, sam: FlaskClient, ward: Desk
) -> None:
    token = given(kim, ward.sent()).removeprefix("/my/")
    spoken = token.replace("-", "").upper().replace("0", "O").replace("1", "L")
    assert "Where your referral is" in seen(sam, f"/my/{spoken}")


def test_the_person_says_stop_and_recipients_read_no_more(
    kim: Worker, sam: FlaskClient, ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent(lawful_basis={"code": "consent"})
    mine = given(kim, handoff)
    form = seen(sam, f"{mine}/stop")
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    refused = sam.post(f"{mine}/stop", headers={"Accept": "text/html"})
    assert refused.status_code == 403, "another site's form stops nothing"
    for _ in range(2):
        sent = sam.post(f"{mine}/stop", data={"csrf_token": token})
        assert sent.status_code == 303
    page = seen(sam, mine)
    assert "They cannot read it any more." in page
    assert "You have said that you do not want this shared any more." in page
    assert house.ask("GET", f"/handoffs/{handoff['id']}/pack").status_code == 403
    assert "The person has withdrawn their consent." in kim.sees(
        f"/referrals/{handoff['referral_id']}"
    )
    recorded = [one for one in world.envelopes(running) if isinstance(one.event, ConsentRecorded)]
    assert [one.actor.role for one in recorded] == [Role.PERSON]


def test_only_who_may_know_about_the_person_makes_a_page(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk, house: Desk
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/own-page"
    lee = Worker(app, settings, clock, world.RESPONSE)
    assert "Make the page" in lee.sees(path)
    Worker(app, settings, clock, world.STRANGERS).sees(path, status=404)
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    lee.sees(path, status=403)


def test_a_draft_has_no_page_yet_and_no_page_is_open_for_ever(kim: Worker, ward: Desk) -> None:
    draft = ward.sent(draft=True)
    path = f"/referrals/{draft['referral_id']}/own-page"
    assert "Nobody has been asked yet" in kim.after(kim.sends(kim.sees(path), path))
    sent = ward.sent()
    path = f"/referrals/{sent['referral_id']}/own-page"
    answer = kim.after(kim.sends(kim.sees(path), path, days="9999"))
    assert "Choose one of 30, 90, 180." in answer
