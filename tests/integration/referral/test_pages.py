"""What workers see and do on the pages, without any script."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import AccessRefused, RecordRead
from onward.identity import Role
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory

WorkerOf = Callable[..., Worker]
FILLED = {
    "given_name": "Samuel",
    "family_name": "Quillfeather",
    "known_as": "Sam",
    "birth_date-day": "17",
    "birth_date-month": "5",
    "birth_date-year": "1990",
    "nhs_number": "999 000 0018",
    "rules": ["never-call"],
    "intent": "referral",
    "urgency": "urgent",
    "needs": ["housing"],
    "section.housing": "Evicted from Marlbrook House in May.",
    "basis": "direct-care",
    "consent": "yes",
}


@pytest.fixture
def worker(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> WorkerOf:
    """Return somebody with a browser in an organisation."""

    def of(organisation: UUID, role: Role = Role.CASEWORKER) -> Worker:
        return Worker(app, settings, clock, organisation, role)

    return of


def test_a_worker_sees_what_will_be_told_before_anything_is_sent(
    worker: WorkerOf, running: RunningService, house: Desk
) -> None:
    kim = worker(world.WARD)
    choices = kim.sees("/refer")
    assert "Stepdown House" in choices
    assert "OurSpace" not in choices
    form = kim.sees(f"/refer?service={world.HOUSE}")
    checked = kim.sends(form, "/refer/check", **FILLED).get_data(as_text=True)
    assert "Evicted from Marlbrook House in May." in checked
    assert "999 000 0018" in checked
    assert world.names_told(running) == []
    page = kim.after(kim.sends(checked, "/refer", **FILLED))
    assert "The referral was sent." in page
    assert "Sam Quillfeather" in page
    assert "Never call this number" in page
    assert "Response has been asked" in page
    assert len(house.get("/handoffs")) == 1


def test_the_form_keeps_what_was_typed_and_says_what_to_change(worker: WorkerOf) -> None:
    kim = worker(world.WARD)
    form = kim.sees(f"/refer?service={world.HOUSE}")
    wrong = {**FILLED, "family_name": "", "nhs_number": "999 000 0019", "basis": ""}
    response = kim.sends(form, "/refer/check", **wrong)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "There is a problem" in page
    assert 'href="#nhs_number"' in page
    assert 'href="#family_name"' in page
    assert 'value="Samuel"' in page
    assert "Evicted from Marlbrook House in May." in page


def test_a_basis_that_is_missing_is_asked_for_beside_its_field(worker: WorkerOf) -> None:
    kim = worker(world.WARD)
    form = kim.sees(f"/refer?service={world.HOUSE}")
    response = kim.sends(form, "/refer/check", **{**FILLED, "basis": ""})
    assert 'href="#basis"' in response.get_data(as_text=True)


def test_nothing_typed_on_the_way_is_kept_anywhere(
    worker: WorkerOf, running: RunningService
) -> None:
    kim = worker(world.WARD)
    form = kim.sees(f"/refer?service={world.HOUSE}")
    checked = kim.sends(form, "/refer/check", **FILLED).get_data(as_text=True)
    kim.sends(checked, "/refer", **FILLED)
    found = {
        (table, word)
        for table, text in world.cells(running)
        for word in world.PERSONAL
        if word in text
    }
    assert found == set()


def test_a_changed_mind_goes_back_to_the_form(worker: WorkerOf) -> None:
    kim = worker(world.WARD)
    form = kim.sees(f"/refer?service={world.HOUSE}")
    checked = kim.sends(form, "/refer/check", **FILLED).get_data(as_text=True)
    assert 'formaction="/refer/change"' in checked
    token = checked.split('name="csrf_token" value="')[1].split('"')[0]
    typed = {**FILLED, "service_id": str(world.HOUSE), "csrf_token": token}
    again = kim.client.post("/refer/change", data=typed).get_data(as_text=True)
    assert 'value="Quillfeather"' in again


def test_a_refused_route_is_said_on_the_page_and_told_to_audit(
    worker: WorkerOf, running: RunningService
) -> None:
    kim = worker(world.WARD)
    form = kim.sees(f"/refer?service={world.ADVICE}")
    response = kim.sends(form, "/refer/check", **FILLED)
    assert response.status_code == 422
    assert "no sharing agreement" in response.get_data(as_text=True)
    refused = [
        one.event for one in world.envelopes(running) if isinstance(one.event, AccessRefused)
    ]
    assert [(event.what, event.code) for event in refused] == [("routing", "no-agreement")]


def test_the_inbox_counts_lists_and_accepts_with_one_click(
    worker: WorkerOf, ward: Desk, clock: ManualClock
) -> None:
    handoff = ward.sent()
    ward.sent(urgency="emergency", person={"given_name": "Jo", "family_name": "Marsh"})
    lee = worker(world.RESPONSE)
    page = lee.sees("/inbox")
    assert page.index("Jo Marsh") < page.index("Sam Quillfeather")
    after = lee.after(lee.sends(page, f"{handoff['id']}/accept"))
    assert "Accepted." in after
    assert "Sam Quillfeather" in lee.sees("/inbox")
    assert "Sam Quillfeather" not in lee.sees("/inbox?show=new")
    assert "Sam Quillfeather" not in lee.sees("/inbox?urgency=emergency")
    clock.advance(timedelta(hours=5))
    again = worker(world.RESPONSE)
    assert "Jo Marsh" in again.sees("/inbox?show=overdue")
    assert "Overdue:" in again.sees("/inbox")


def test_question_answer_and_refusal_by_forms(worker: WorkerOf, ward: Desk) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}"
    lee, kim = worker(world.RESPONSE), worker(world.WARD)
    asked = lee.after(lee.sends(lee.sees(path), "/ask", sentence="Which ward?"))
    assert "Response has a question for Ward Team" in asked
    assert "is waiting" not in asked
    assert "Sam Quillfeather" in kim.sees("/")
    answered = kim.after(kim.sends(kim.sees(path), "/answer", sentence="Ashurst ward."))
    assert "Ashurst ward." in answered
    declined = lee.after(
        lee.sends(lee.sees(path), "/reject", reason="no-capacity", sentence="All beds are taken.")
    )
    assert "Response has declined" in declined
    assert "with it your need to know" in declined
    assert "Marlbrook" not in declined
    again = kim.sees(path)
    assert "Ask another service" in again
    assert "We have no capacity: All beds are taken." in again
    resent = kim.after(kim.sends(again, "/handoffs", service_id=str(world.HOUSE)))
    assert "Response has been asked" in resent


def test_whoever_decided_on_an_older_page_is_told_to_look_again(
    worker: WorkerOf, ward: Desk, house: Desk
) -> None:
    handoff = ward.sent()
    lee = worker(world.RESPONSE)
    old = lee.sees(f"/referrals/{handoff['referral_id']}")
    house.does(handoff, "acknowledge")
    page = lee.after(lee.sends(old, "/accept"))
    assert "Nothing was changed." in page
    assert house.get(f"/handoffs/{handoff['id']}")["status"] == "acknowledged"


def test_a_form_sent_twice_moves_once(
    worker: WorkerOf, ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    lee = worker(world.RESPONSE)
    page = lee.sees(f"/referrals/{handoff['referral_id']}")
    first, second = lee.sends(page, "/acknowledge"), lee.sends(page, "/acknowledge")
    assert first.status_code == second.status_code == 303
    assert world.names_told(running).count("handoff-acknowledged") == 1


def test_a_stay_shows_its_days(
    worker: WorkerOf, ward: Desk, house: Desk, directory: Directory, clock: ManualClock
) -> None:
    handoff = ward.sent()
    house.does(handoff, "accept")
    directory.hold(handoff)
    house.does(handoff, "start")
    clock.advance(timedelta(days=2))
    page = worker(world.RESPONSE).sees(f"/referrals/{handoff['referral_id']}")
    assert "Stepdown House has Sam Quillfeather now." in page
    assert "Day 3 of 14, 12 days left." in page
    assert "is reviewed on 12 November 2026 and may last until 16 November 2026." in page
    clock.advance(timedelta(days=7, hours=1))
    assert "To review" in worker(world.RESPONSE).sees("/inbox?show=review")
    clock.advance(timedelta(days=7))
    late = worker(world.RESPONSE).sees(f"/referrals/{handoff['referral_id']}")
    assert "2 days over the longest stay" in late


def test_a_person_is_handed_on_from_their_page(worker: WorkerOf, ward: Desk) -> None:
    handoff = ward.sent()
    lee = worker(world.RESPONSE)
    page = lee.sees(f"/referrals/{handoff['referral_id']}")
    assert f"/refer?based_on={handoff['referral_id']}" in page
    form = lee.sees(f"/refer?service={world.ADVICE}&based_on={handoff['referral_id']}")
    assert "First name" not in form
    filled = {"urgency": "routine", "basis": "direct-care", "consent": "yes"}
    checked = lee.sends(form, "/refer/check", **filled).get_data(as_text=True)
    assert "Quillfeather" in checked
    assert "Benefits Advisers has been asked" in lee.after(lee.sends(checked, "/refer"))


def test_reading_a_page_is_told_to_audit(
    worker: WorkerOf, ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    lee = worker(world.RESPONSE)
    lee.sees("/inbox")
    lee.sees(f"/referrals/{handoff['referral_id']}")
    reads = [
        one.event.what for one in world.envelopes(running) if isinstance(one.event, RecordRead)
    ]
    assert reads == ["inbox", "referral", "pack"]


def test_pages_are_for_the_parties_and_for_those_who_work_with_referrals(
    worker: WorkerOf, ward: Desk
) -> None:
    handoff = ward.sent()
    worker(world.STRANGERS).sees(f"/referrals/{handoff['referral_id']}", status=404)
    auditor = worker(world.WARD, Role.AUDITOR)
    auditor.sees("/inbox", status=403)
    start = auditor.sees("/")
    assert "Quillfeather" not in start
    assert "Open the inbox" not in start


def test_a_worker_reads_in_welsh_what_is_translated_and_the_rest_in_english(
    worker: WorkerOf, ward: Desk
) -> None:
    handoff = ward.sent()
    kim = worker(world.RESPONSE)
    assert 'href="?show=new&amp;lang=cy"' in kim.sees("/inbox?show=new")
    welsh = kim.sees("/inbox?lang=cy")
    assert '<html lang="cy">' in welsh
    assert {"Mewnflwch", "Newydd"} <= set(re.findall(r"\w+", welsh))
    assert '<span lang="en-GB">Any urgency</span>' in welsh
    assert "Mewnflwch" in kim.sees("/inbox"), "the browser remembers"
    asked = kim.sees(f"/referrals/{handoff['referral_id']}")
    assert "cyfeirnod" in asked
    assert "Plural-Forms" not in asked, "the head of a catalogue is no text"
    english = kim.sees("/inbox?lang=en")
    assert '<html lang="en-GB">' in english
    assert "Mewnflwch" not in english


def test_a_browser_that_asks_for_welsh_gets_it(worker: WorkerOf, directory: Directory) -> None:
    page = worker(world.WARD).client.get("/refer", headers={"Accept-Language": "cy-GB, en;q=0.5"})
    assert '<html lang="cy">' in page.get_data(as_text=True)
    assert "Accept-Language" in page.headers["Vary"]


def test_the_inbox_says_what_counts_in_working_hours(
    worker: WorkerOf, ward: Desk, directory: Directory
) -> None:
    directory.tell(world.house(working_hours=world.OFFICE))
    ward.sent(urgency="routine")
    ward.sent(urgency="urgent")
    assert worker(world.RESPONSE).sees("/inbox").count("in working hours") == 1
