"""Consent that is limited, runs out or is withdrawn: reads stop, recipients are told, the ledger shows it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from onward.clock import ManualClock
from onward.contracts import referral as told
from onward.service import RunningService
from onward.settings import Settings
from services.referral.timers import watch_consents
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk


def record(ward: Desk, handoff: Any, **consent: Any) -> TestResponse:
    referral = ward.ask("GET", f"/referrals/{handoff['referral_id']}")
    return ward.ask(
        "PUT",
        f"/referrals/{handoff['referral_id']}/consent",
        json={"given": True, **consent},
        headers={"If-Match": referral.headers["ETag"]},
    )


def pack(house: Desk, handoff: Any) -> TestResponse:
    return house.ask("GET", f"/handoffs/{handoff['id']}/pack")


def stops(running: RunningService) -> list[told.DisclosureStopped]:
    return [
        envelope.event
        for envelope in world.envelopes(running)
        if isinstance(envelope.event, told.DisclosureStopped)
    ]


def test_once_consent_is_withdrawn_the_recipient_reads_no_more(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    house.does(handoff, "ask", sentence="Where is home?")
    ward.does(handoff, "answer", sentence="Marlbrook House.")
    assert pack(house, handoff).json["sections"]["identity"]["family_name"] == "Quillfeather"  # type: ignore[index]
    answer = record(ward, handoff, given=False)
    assert answer.status_code == 200, answer.json
    (effect,) = answer.json["effects"]  # type: ignore[index]
    assert "identity.family_name" in effect["stopped"]

    refused = pack(house, handoff)
    assert (refused.status_code, refused.json["code"]) == (403, "consent-withdrawn")  # type: ignore[index]
    (row,) = house.get("/handoffs")
    assert row["person_name"] is None
    story = house.get(f"/referrals/{handoff['referral_id']}")
    assert [step["sentence"] for step in story["steps"]] == [None, None, None]
    assert {one["stopped_because"] for one in story["disclosures"]} == {"withdrawn"}
    (stop,) = stops(running)
    assert (stop.recipient, stop.reason) == (world.RESPONSE, "withdrawn")
    assert ward.get(f"/handoffs/{handoff['id']}/pack")["sections"]["identity"]

    onward_ = house.submit(person=None, based_on=handoff["referral_id"], intent="onward")
    assert onward_.json["code"] == "person-missing"  # type: ignore[index]


def test_what_the_person_no_longer_wants_told_closes_and_opens_again(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    assert record(ward, handoff, withheld=["housing"]).status_code == 200
    left = pack(house, handoff).json
    assert set(left["sections"]) == {"identity", "contact"}  # type: ignore[index]
    assert left["sensitivity"]["contact.rules"] == "restricted"  # type: ignore[index]
    assert [stop.fields for stop in stops(running)] == [("housing.summary",)]
    record(ward, handoff)
    assert "housing" in pack(house, handoff).json["sections"]  # type: ignore[index]
    ledger = ward.get(f"/referrals/{handoff['referral_id']}")["disclosures"]
    assert {one["stopped_at"] for one in ledger} == {None}
    assert world.names_told(running)[-2:] == ["disclosure-stopped", "disclosure-reopened"]


def test_consent_runs_out_by_its_date_and_is_told_of_once(
    ward: Desk, house: Desk, clock: ManualClock, running: RunningService
) -> None:
    handoff = ward.sent(
        consent={"given": True, "valid_until": "2026-11-03"}, lawful_basis={"code": "consent"}
    )
    clock.advance(timedelta(days=1))
    assert pack(house, handoff).status_code == 200
    clock.advance(timedelta(days=1))
    refused = pack(house, handoff)
    assert (refused.status_code, refused.json["code"]) == (403, "consent-expired")  # type: ignore[index]
    assert house.get("/handoffs")[0]["person_name"] is None
    watch_consents(running)
    watch_consents(running)
    assert [stop.reason for stop in stops(running)] == ["expired"]


def test_a_duty_does_not_end_with_consent(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent(lawful_basis={"code": "safeguarding"})
    (effect,) = record(ward, handoff, given=False).json["effects"]  # type: ignore[index]
    assert effect["stands"] is True
    assert pack(house, handoff).status_code == 200
    assert stops(running) == []


def said(running: RunningService) -> list[told.PersonSaidStop]:
    return [
        envelope.event
        for envelope in world.envelopes(running)
        if isinstance(envelope.event, told.PersonSaidStop)
    ]


def test_when_a_person_says_stop_everybody_who_was_asked_hears_and_the_sender_once(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    handoff = ward.sent()
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    path = f"/referrals/{handoff['referral_id']}/handoffs"
    again = ward.ask("POST", path, json={"service_id": str(world.HOUSE)})
    assert again.status_code == 201, again.json
    for _ in range(2):
        record(ward, handoff, given=False)
    assert [(one.by, one.reads_on, one.newest) for one in said(running)] == [
        ("sender", False, False),
        ("sender", False, True),
    ]
    assert ward.get("/referrals")[0]["said_stop"] is True


@pytest.mark.parametrize(
    ("basis", "means"),
    [("direct-care", "Stop using what you were told"), ("safeguarding", "so you can read on")],
)
def test_that_a_person_said_stop_stands_in_the_inbox_and_on_the_page_of_either_side(
    ward: Desk,
    app: Flask,
    settings: Settings,
    clock: ManualClock,
    basis: str,
    means: str,
) -> None:
    handoff = ward.sent(lawful_basis={"code": basis})
    record(ward, handoff, given=False)
    nurse = Worker(app, settings, clock, world.WARD)
    house = Worker(app, settings, clock, world.RESPONSE)
    path = f"/referrals/{handoff['referral_id']}"
    assert "Has said stop" in nurse.sees("/referrals")
    assert "Talk with them about what should go on" in nurse.sees(path)
    assert "Has said stop" in house.sees("/inbox")
    assert means in house.sees(path)


@pytest.mark.parametrize(
    ("consent", "status", "code"),
    [
        ({"valid_until": "2026-11-01"}, 422, "consent-in-the-past"),
        ({"given": "no"}, 422, "invalid"),
        ({"withheld": ["Risk!"]}, 422, "invalid"),
    ],
)
def test_a_consent_that_cannot_be_changes_nothing(
    ward: Desk, house: Desk, consent: dict[str, Any], status: int, code: str
) -> None:
    handoff = ward.sent()
    refused = record(ward, handoff, **consent)
    assert (refused.status_code, refused.json["code"]) == (status, code)  # type: ignore[index]
    assert pack(house, handoff).status_code == 200


def test_only_the_sender_records_consent_and_only_on_what_they_saw(
    ward: Desk, house: Desk, desk: DeskOf
) -> None:
    handoff = ward.sent()
    for other in (house, desk(world.STRANGERS)):
        answer = other.ask(
            "PUT",
            f"/referrals/{handoff['referral_id']}/consent",
            json={"given": False},
            headers={"If-Match": '"2"'},
        )
        assert answer.status_code == 404
    stale = ward.ask(
        "PUT",
        f"/referrals/{handoff['referral_id']}/consent",
        json={"given": False},
        headers={"If-Match": '"77"'},
    )
    assert stale.status_code == 412


def test_nobody_is_asked_anew_on_a_consent_that_is_over(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    record(ward, handoff, given=False)
    again = ward.ask("POST", f"/referrals/{handoff['referral_id']}/handoffs", json={})
    assert (again.status_code, again.json["code"]) == (422, "consent-withdrawn")  # type: ignore[index]


def test_a_worker_withdraws_consent_on_the_page_and_the_other_side_sees_why(
    ward: Desk, app: Flask, settings: Settings, clock: ManualClock
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}"
    nurse = Worker(app, settings, clock, world.WARD)
    house = Worker(app, settings, clock, world.RESPONSE)
    assert "The person agrees." in nurse.sees(path)
    seen = house.sees(path)
    assert seen.index("Never call this number") < seen.index("07700 900123")
    form = nurse.sees(f"{path}/consent")
    wrong = nurse.sends(form, "/consent", agrees="yes", **{"until-day": "31", "until-year": "26"})
    assert wrong.status_code == 422
    page = nurse.after(nurse.sends(form, "/consent", agrees="no"))
    assert "One recipient can no longer read" in page
    assert "closed: consent withdrawn" in page
    closed = house.sees(path)
    assert "withdrawn their consent: stop using" in closed
    assert "Quillfeather" not in closed
    house.sees(f"{path}/consent", status=404)
