"""Advice is asked without a referral and without a name, answered, and turned into a referral."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts import referral as told
from onward.contracts.referral import AdviceEvent
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

QUESTION = "Do you take somebody of 17 who uses a wheelchair and is to leave OX4 in May 2027?"


def asks(desk: Desk, text: str = QUESTION, service: object = world.HOUSE) -> Any:
    return desk.ask("POST", "/advice", json={"service_id": str(service), "text": text})


def says(desk: Desk, advice: Any, text: str) -> Any:
    return desk.ask("POST", f"/advice/{advice['id']}/words", json={"text": text})


def events(running: RunningService) -> list[type]:
    return [
        type(one.event) for one in world.envelopes(running) if isinstance(one.event, AdviceEvent)
    ]


def test_a_question_is_answered_and_the_referral_that_follows_is_tied_to_it(
    ward: Desk, house: Desk, running: RunningService
) -> None:
    asked = asks(ward).json
    assert [one["id"] for one in house.get("/advice")] == [asked["id"]]
    answered = says(house, asked, "From 18 on. Ring us on 01865 397940.").json
    assert answered["stage"] == "answered"
    assert says(ward, asked, "And the wheelchair?").json["stage"] == "asked"
    says(house, asked, "We have a ramp.")
    handoff = ward.sent(advice_id=asked["id"])
    after = ward.get(f"/advice/{asked['id']}")
    assert (after["stage"], after["referral_id"]) == ("referred", handoff["referral_id"])
    assert [word["text"] for word in after["words"]][-1] == "We have a ramp."
    assert [one["stage"] for one in ward.get("/advice?show=asked-by-us")] == ["referred"]
    again = ward.submit(advice_id=asked["id"])
    assert (again.status_code, again.json["code"]) == (409, "advice-settled")  # type: ignore[index]
    assert events(running) == [
        told.AdviceAsked,
        told.AdviceAnswered,
        told.AdviceAsked,
        told.AdviceAnswered,
        told.AdviceTurnedIntoReferral,
    ]
    assert not [text for _, text in world.cells(running) if "wheelchair" in text]


@pytest.mark.parametrize(
    ("text", "leave_out"),
    [
        ("It is about 999 000 0018.", "the NHS number"),
        ("Born 17/05/1990, no home.", "the date of birth"),
        ("Born 1990-05-17, no home.", "the date of birth"),
        ("Ring 07700 900123.", "the telephone number"),
        ("Write to sam@example.org.", "the e-mail address"),
        ("Lives at OX4 1AA.", "the second half of the postcode"),
    ],
)
def test_a_question_that_tells_who_it_is_about_is_refused(
    ward: Desk, text: str, leave_out: str
) -> None:
    refused = asks(ward, text)
    assert (refused.status_code, refused.json["code"]) == (422, "advice-names-somebody")
    assert leave_out in refused.json["errors"][0]["detail"]
    assert ward.get("/advice?show=asked-by-us") == []


def test_only_the_two_sides_see_a_question_and_only_while_it_is_open_say_more(
    ward: Desk, house: Desk, desk: DeskOf
) -> None:
    asked = asks(ward).json
    stranger = desk(world.STRANGERS)
    assert stranger.ask("GET", f"/advice/{asked['id']}").status_code == 404
    assert says(stranger, asked, "Hello?").status_code == 404
    assert house.submit(advice_id=asked["id"]).json["code"] == "advice-unknown"  # type: ignore[index]
    assert house.ask("POST", f"/advice/{asked['id']}/close").json["stage"] == "closed"  # type: ignore[index]
    late = says(ward, asked, "Wait.")
    assert (late.status_code, late.json["code"]) == (409, "advice-settled")
    wrong = [
        (asks(ward, service=uuid4()), 422, "service-unknown"),
        (asks(house), 422, "to-yourself"),
        (asks(ward, service=world.GARDEN), 409, "service-planned"),
    ]
    assert [(one.status_code, one.json["code"]) for one, *_ in wrong] == [
        (status, code) for _, status, code in wrong
    ]


def test_a_worker_asks_a_colleague_answers_and_the_form_keeps_the_tie(
    app: Flask, settings: Settings, clock: ManualClock, ward: Desk
) -> None:
    kim = Worker(app, settings, clock, world.WARD)
    lee = Worker(app, settings, clock, world.RESPONSE)
    form = kim.sees(f"/advice/new?service={world.HOUSE}")
    wrong = kim.sends(form, "/advice", service_id=str(world.HOUSE), text="It is 999 000 0018.")
    assert wrong.status_code == 422
    assert "Leave out the NHS number." in wrong.get_data(as_text=True)
    page = kim.after(kim.sends(form, "/advice", service_id=str(world.HOUSE), text=QUESTION))
    assert "Waits for an answer" in page
    assert "Advice asked of us" in lee.sees("/inbox")
    (path,) = {part.split('"')[0] for part in lee.sees("/advice").split('href="')} & {
        f"/advice/{one['id']}" for one in ward.get("/advice?show=asked-by-us")
    }
    assert QUESTION in lee.sees(path)
    lee.after(lee.sends(lee.sees(path), "/words", text="From 18 on."))
    page = kim.sees(path)
    assert "From 18 on." in page
    filled = {
        "given_name": "Samuel",
        "family_name": "Quillfeather",
        "urgency": "urgent",
        "basis": "direct-care",
        "consent": "yes",
    }
    refer = kim.sees(f"/refer?service={world.HOUSE}&advice={path.rpartition('/')[2]}")
    check = kim.sends(refer, "/refer/check", **filled).get_data(as_text=True)
    sent = kim.after(kim.sends(check, "/refer"))
    assert f'href="{path}">What was asked and answered' in sent
    assert "Turned into a referral" in lee.sees(path)
