"""What the two sides of a handoff say and arrange, and who never hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import RecordKept, RecordRead
from onward.contracts.referral import AttendanceRecorded, MessageSent
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

WORDS = "Sam keeps the spare key at Marlbrook House."


@pytest.fixture
def handoff(ward: Desk) -> dict[str, Any]:
    return ward.sent()


def said(desk: Desk, handoff: dict[str, Any]) -> list[str]:
    return [one["text"] for one in desk.get(f"/handoffs/{handoff['id']}/messages")]


def says(desk: Desk, handoff: dict[str, Any], text: str = WORDS, **more: Any) -> Any:
    return desk.ask("POST", f"/handoffs/{handoff['id']}/messages", json={"text": text, **more})


def meets(desk: Desk, handoff: dict[str, Any], **changes: Any) -> Any:
    body = {"starts_at": (world.NOON + timedelta(days=1)).isoformat(), **changes}
    return desk.ask("POST", f"/handoffs/{handoff['id']}/appointments", json=body)


def test_both_sides_read_messages_and_each_its_own_notes(
    ward: Desk, house: Desk, desk: DeskOf, handoff: dict[str, Any], running: RunningService
) -> None:
    assert says(ward, handoff).status_code == 201
    assert says(house, handoff, "Ring first.", visibility="own").status_code == 201
    assert said(ward, handoff) == [WORDS]
    assert said(house, handoff) == [WORDS, "Ring first."]
    strangers = desk(world.STRANGERS)
    path = f"/handoffs/{handoff['id']}/messages"
    assert strangers.ask("GET", path).status_code == 404
    assert says(strangers, handoff).status_code == 404
    told = [one.event for one in world.envelopes(running)]
    assert [one.by for one in told if isinstance(one, MessageSent)] == ["sender"]
    assert [one.what for one in told if isinstance(one, RecordKept)] == ["note"]
    reads = [one.what for one in told if isinstance(one, RecordRead)]
    assert reads.count("conversation") == 2
    assert not [text for _, text in world.cells(running) if "spare key" in text]


def test_whoever_declined_reads_and_writes_no_more_and_the_sender_only_notes(
    ward: Desk, house: Desk, handoff: dict[str, Any]
) -> None:
    says(ward, handoff)
    house.does(handoff, "reject", reason="no-capacity", sentence="All beds are taken.")
    refused: Any = house.ask("GET", f"/handoffs/{handoff['id']}/messages")
    assert (refused.status_code, refused.json["code"]) == (403, "pack-closed")
    assert says(house, handoff, visibility="own").status_code == 403
    closed = says(ward, handoff)
    assert (closed.status_code, closed.json["code"]) == (409, "conversation-closed")
    assert says(ward, handoff, "Try the other house.", visibility="own").status_code == 201
    assert said(ward, handoff) == [WORDS, "Try the other house."]


def test_six_sessions_are_counted_as_they_are_kept(
    ward: Desk, house: Desk, handoff: dict[str, Any], clock: ManualClock, running: RunningService
) -> None:
    made = [
        meets(house, handoff, starts_at=(world.NOON + timedelta(hours=hour)).isoformat()).json
        for hour in range(1, 7)
    ]
    path = f"/handoffs/{handoff['id']}/appointments"
    early: Any = house.ask("POST", f"{path}/{made[0]['id']}/attendance", json={"attended": True})
    assert (early.status_code, early.json["code"]) == (409, "appointment-ahead")
    clock.advance(timedelta(hours=7))
    for number, one in enumerate(made):
        came = {"attended": number != 3}
        kept = house.ask("POST", f"{path}/{one['id']}/attendance", json=came)
        assert kept.status_code == 200, kept.json
    assert [one["state"] for one in ward.get(path)].count("attended") == 5
    told = [one.event for one in world.envelopes(running)]
    recorded = [one.sessions for one in told if isinstance(one, AttendanceRecorded)]
    assert recorded == [1, 2, 3, 3, 4, 5]
    other: Any = ward.ask("POST", f"{path}/{made[0]['id']}/cancel")
    assert (other.status_code, other.json["code"]) == (409, "appointment-settled")


def test_a_calendar_takes_an_appointment_without_the_person(
    ward: Desk, house: Desk, handoff: dict[str, Any], desk: DeskOf
) -> None:
    made = meets(house, handoff, place="Flat 9, Marlbrook House", mode="phone", minutes=30).json
    path = f"/handoffs/{handoff['id']}/appointments/{made['id']}.ics"
    taken = ward.ask("GET", path)
    assert taken.mimetype == "text/calendar"
    text = taken.get_data(as_text=True)
    assert "DTSTART:20261103T120000Z" in text
    assert "SUMMARY:Stepdown House" in text
    assert not [word for word in world.PERSONAL if word in text]
    assert desk(world.STRANGERS).ask("GET", path).status_code == 404


def test_people_talk_and_arrange_to_meet_by_forms(
    app: Flask, settings: Settings, clock: ManualClock, handoff: dict[str, Any]
) -> None:
    path = f"/referrals/{handoff['referral_id']}"
    lee = Worker(app, settings, clock, world.RESPONSE)
    kim = Worker(app, settings, clock, world.WARD)
    page = lee.after(lee.sends(lee.sees(path), "/messages", text=WORDS, visibility="both"))
    assert "Sent." in page
    lee.after(lee.sends(page, "/messages", text="Ask about the cat.", visibility="own"))
    typed = {"day": "2026-11-04", "time": "09:30", "mode": "video", "place": "By link"}
    page = lee.after(lee.sends(lee.sees(path), "/appointments", **typed))
    assert "4 November 2026, 9:30am" in page
    assert "Ask about the cat." in page
    assert "They came" not in page
    seen = kim.sees(path)
    assert WORDS in seen
    assert "Ask about the cat." not in seen
    clock.advance(timedelta(days=2))
    late = Worker(app, settings, clock, world.RESPONSE)
    page = late.after(late.sends(late.sees(path), "/attended"))
    assert "1 session so far." in page
    wrong = late.after(late.sends(late.sees(path), "/appointments", day="", time="9"))
    assert "Nothing was changed. Say the day and the time" in wrong
