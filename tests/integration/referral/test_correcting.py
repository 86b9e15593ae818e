"""A person's details are put right after sending: whoever was told reads it, and hears that it changed."""

from typing import Any, TypeVar

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from onward.clock import ManualClock
from onward.contracts.access import PersonCorrected
from onward.contracts.base import Event
from onward.contracts.referral import PackCorrected
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.test_consent import pack, record
from tests.integration.referral.test_people import search
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import SAM, Desk

E = TypeVar("E", bound=Event)
CONTACT: dict[str, Any] = SAM["contact"]  # type: ignore[assignment]
MOVED = {"phone": "07700 900999", "email": "sam@example.org", "rules": ["no-voicemail"]}


def correct(desk: Desk, handoff: Any, version: str | None = None, **person: Any) -> TestResponse:
    path = f"/referrals/{handoff['referral_id']}"
    known = version or desk.ask("GET", path).headers["ETag"]
    said = {"person": {**SAM, **person}}
    return desk.ask("PUT", f"{path}/person", json=said, headers={"If-Match": known})


def told(running: RunningService, kind: type[E]) -> list[E]:
    events = [one.event for one in world.envelopes(running)]
    return [event for event in events if isinstance(event, kind)]


def test_a_correction_is_read_at_once_told_by_its_names_and_stands_in_the_ledger(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    answer = correct(ward, handoff, family_name="Quillfether", contact=MOVED)
    assert answer.status_code == 200, answer.json
    fields = ["contact.address", "contact.email", "contact.phone", "contact.rules"]
    fields.append("identity.family_name")
    assert answer.json["fields"] == fields  # type: ignore[index]

    read = pack(house, handoff).json["sections"]  # type: ignore[index]
    assert read["contact"] == MOVED
    assert read["identity"]["family_name"] == "Quillfether"
    assert read["housing"] == world.TOLD["housing"]
    assert house.get("/handoffs")[0]["person_name"] == "Sam Quillfether"
    (event,) = told(running, PackCorrected)
    assert (list(event.fields), event.recipient) == (fields, world.RESPONSE)
    assert event.safe_to_contact
    (noted,) = told(running, PersonCorrected)
    assert (list(noted.fields), noted.recipients) == (fields, 1)
    ledger = {
        one["field"]: one["corrected_at"]
        for one in house.get(f"/referrals/{handoff['referral_id']}")["disclosures"]
    }
    assert {name for name, at in ledger.items() if at} == {*fields} - {"contact.email"}
    assert "contact.email" in ledger

    (earlier_contact, earlier_identity) = ward.get(f"/handoffs/{handoff['id']}/pack/earlier")
    assert earlier_contact["fields"]["phone"] == "07700 900123"
    assert earlier_identity["fields"]["family_name"] == "Quillfeather"
    assert house.ask("GET", f"/handoffs/{handoff['id']}/pack/earlier").status_code == 404


def test_the_person_is_found_by_what_the_record_says_now_and_sealed_as_before(
    ward: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    correct(ward, handoff, family_name="Featherquill", birth_date="1991-05-17")
    assert search(ward, "Samuel", "Quillfeather") == []
    (found,) = search(ward, "Sam", "Featherquill", "1991-05-17")
    assert found["id"] == handoff["person_id"]
    assert not [table for table, text in world.cells(running) if "Featherquill" in text]


def test_every_referral_about_the_person_follows_and_what_is_withheld_stays_so(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    first = ward.sent()
    withheld = {"given": True, "withheld": ["contact.phone", "contact.email"]}
    second = ward.sent(person=None, person_id=first["person_id"], consent=withheld)
    correct(ward, first, contact=MOVED)
    assert pack(house, first).json["sections"]["contact"]["phone"] == "07700 900999"  # type: ignore[index]
    assert pack(house, second).json["sections"]["contact"] == {"rules": ["no-voicemail"]}  # type: ignore[index]
    assert [len(event.fields) for event in told(running, PackCorrected)] == [4, 2]


@pytest.mark.parametrize(
    ("move", "reads"),
    [("complete", {**CONTACT, "rules": ["no-voicemail"]}), ("reject", None)],
)
def test_whoever_has_done_its_part_is_told_only_how_not_to_get_in_touch(
    ward: Desk,
    desk: DeskOf,
    running: RunningService,
    directory: world.Directory,
    move: str,
    reads: Any,
) -> None:
    directory.tell(world.agreement(world.WARD, world.ADVISERS))
    directory.tell(world.advice(asks_for=("identity", "contact")))
    advisers = desk(world.ADVISERS)
    handoff = ward.sent(service_id=str(world.ADVICE))
    if move == "complete":
        for action in ("accept", "start"):
            advisers.does(handoff, action)
        advisers.does(handoff, "complete", outcome="goals-reached")
    else:
        advisers.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    correct(ward, handoff, contact=MOVED)
    seen = pack(advisers, handoff)
    assert seen.json.get("sections", {}).get("contact") == reads  # type: ignore[union-attr]
    assert [event.fields for event in told(running, PackCorrected)] == (
        [("contact.rules",)] if reads else []
    )


def test_nobody_is_told_of_a_correction_once_the_person_has_said_stop_and_all_once_they_agree_again(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    record(ward, handoff, given=False)
    done = correct(ward, handoff, contact=MOVED)
    assert [one["told"] for one in done.json["reached"]] == [False]  # type: ignore[index]
    assert told(running, PackCorrected) == []
    assert pack(house, handoff).status_code == 403
    record(ward, handoff)
    again = pack(house, handoff).json["sections"]["contact"]  # type: ignore[index]
    assert (again["phone"], again["rules"]) == ("07700 900999", ["no-voicemail"])
    assert "email" not in again


def test_a_correction_that_changes_nothing_or_cannot_be_is_told_to_nobody(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    same = correct(ward, handoff)
    assert (same.status_code, same.json["fields"]) == (200, [])  # type: ignore[index]
    wrong = correct(ward, handoff, birth_date="2027-01-01")
    assert (wrong.status_code, wrong.json["code"]) == (422, "birth-date-implausible")  # type: ignore[index]
    assert correct(ward, handoff, version='"77"').status_code == 412
    assert correct(house, handoff, version='"2"').status_code == 404
    assert told(running, PersonCorrected) == []


def test_a_worker_corrects_it_on_the_page_and_the_other_side_sees_what_and_when(
    ward: Desk, app: Flask, settings: Settings, clock: ManualClock
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}"
    nurse = Worker(app, settings, clock, world.WARD)
    house = Worker(app, settings, clock, world.RESPONSE)
    assert f"{path}/person" in nurse.sees(path)
    form = nurse.sees(f"{path}/person")
    assert "Stepdown House will read what you correct at once" in form
    wrong = nurse.sends(form, "/person", email="nowhere", address="")
    assert wrong.status_code == 422
    assert 'value="nowhere"' in wrong.get_data(as_text=True)
    page = nurse.after(nurse.sends(form, "/person", rules="only-through-worker", address=""))
    assert "One recipient reads it from now on" in page
    assert "Only through their worker" in page
    seen = house.sees(path)
    assert "Only through their worker" in seen
    assert "Never call this number" not in seen
    assert "by Ward Team: Where they stay, Safe to contact." in seen
    house.sees(f"{path}/person", status=404)
