"""Outcomes over the API and on the pages, and the figures made of them."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.referral import OutcomeRecorded
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

BEFORE = {"satisfied": 3, "worthwhile": 4, "happy": 2, "anxious": 8}
AFTER = {"satisfied": 6, "worthwhile": 4, "happy": 5, "anxious": 4}
PERIOD = "since=2026-11-01&until=2026-11-30"


@pytest.fixture
def advisers(desk: DeskOf) -> Desk:
    return desk(world.ADVISERS)


def advised(house: Desk, advisers: Desk) -> dict[str, Any]:
    """Let the house send somebody to the advisers, who begin at once."""
    handoff = house.sent(service_id=str(world.ADVICE))
    advisers.does(handoff, "accept")
    return advisers.does(handoff, "start")


def takes(desk: Desk, handoff: dict[str, Any], occasion: str, **changes: Any) -> Any:
    answers = BEFORE if occasion == "before" else AFTER
    body = {"instrument": "ons4", "occasion": occasion, "answers": answers, **changes}
    return desk.ask("POST", f"/handoffs/{handoff['id']}/outcomes", json=body)


def test_the_sender_reads_what_was_shared_and_no_answer_leaves(
    house: Desk, advisers: Desk, running: RunningService, desk: DeskOf
) -> None:
    handoff = advised(house, advisers)
    assert takes(advisers, handoff, "before").status_code == 201
    shared = takes(advisers, handoff, "after", visibility="both")
    assert shared.json["scores"] == {"satisfied": 6, "worthwhile": 4, "happy": 5, "anxious": 4}
    path = f"/handoffs/{handoff['id']}/outcomes"
    assert [one["occasion"] for one in advisers.get(path)] == ["before", "after"]
    assert [one["occasion"] for one in house.get(path)] == ["after"]
    assert desk(world.STRANGERS).ask("GET", path).status_code == 404
    told = [one.event for one in world.envelopes(running)]
    recorded = [one.occasion for one in told if isinstance(one, OutcomeRecorded)]
    assert recorded == ["before", "after"]
    assert not [text for _, text in world.cells(running) if "worthwhile" in text]


def test_wrong_answers_are_refused_with_their_place(house: Desk, advisers: Desk) -> None:
    handoff = advised(house, advisers)
    refused = takes(advisers, handoff, "before", answers={**BEFORE, "happy": 11})
    assert (refused.status_code, refused.json["code"]) == (422, "answers-unfit")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/answers/happy"]
    unknown = takes(advisers, handoff, "before", instrument="stars")
    assert unknown.json["code"] == "instrument-unknown"
    assert takes(house, handoff, "before").json["code"] == "recipient-records"


def lines(text: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(io.StringIO(text)):
        assert (row["service"], row["partner"]) == ("Benefits advice", "Response")
        yield row["measure"], row["value"]


def test_figures_are_told_by_service_and_partner_from_five_people_on(
    house: Desk, advisers: Desk, clock: ManualClock
) -> None:
    for number in range(6):
        handoff = advised(house, advisers)
        if number < 5:
            takes(advisers, handoff, "before")
            takes(advisers, handoff, "after")
        if number < 2:
            advisers.does(handoff, "complete", outcome="benefits-secured")
    (row,) = advisers.get(f"/referrals/measures?{PERIOD}")
    assert (row["service_name"], row["partner_name"]) == ("Benefits advice", "Response")
    assert row["counts"]["referred"] == row["counts"]["started"] == 6
    assert row["counts"]["completed"] is None
    assert row["counts"]["open"] is None
    assert row["counts"]["failed"] == 0
    happy = next(change for change in row["changes"] if change["score"] == "happy")
    assert (happy["people"], happy["before"], happy["after"], happy["improved"]) == (5, 2, 5, 5)
    taken = advisers.ask("GET", f"/referrals/measures.csv?{PERIOD}")
    found = dict(lines(taken.get_data(as_text=True)))
    assert (found["referred"], found["completed"], found["ons4.happy.after"]) == ("6", "", "5.0")
    (sent,) = house.get(f"/referrals/measures?{PERIOD}&side=sender")
    assert (sent["counts"]["referred"], sent["changes"]) == (6, [])
    clock.advance(timedelta(days=40))
    assert advisers.get("/referrals/measures?since=2026-12-01&until=2026-12-31") == []
    wrong: Any = advisers.ask("GET", "/referrals/measures?since=2026-12-01&until=2026-11-01")
    assert (wrong.status_code, wrong.json["code"]) == (422, "period-implausible")


def test_a_worker_records_an_outcome_and_sees_what_changed(
    app: Flask, settings: Settings, clock: ManualClock, house: Desk, advisers: Desk
) -> None:
    handoff = advised(house, advisers)
    takes(advisers, handoff, "before")
    kim = Worker(app, settings, clock, world.ADVISERS)
    page = kim.sees(f"/referrals/{handoff['referral_id']}")
    assert "Record an outcome with" in page
    form = kim.sees(
        f"/referrals/{handoff['referral_id']}/handoffs/{handoff['id']}/outcomes?instrument=ons4"
    )
    typed = {f"answers.{item}": str(answer) for item, answer in AFTER.items()}
    wrong = kim.sends(form, "/outcomes", **{**typed, "answers.happy": "11", "occasion": "after"})
    assert wrong.status_code == 422
    text = wrong.get_data(as_text=True)
    assert 'href="#answer-happy"' in text
    assert "Answer with 0 to 10." in text
    kept = kim.sends(form, "/outcomes", **typed, occasion="after")
    seen = kim.after(kept)
    assert "<td>8.0</td><td>4.0</td><td>-4, better</td>" in seen
    other = Worker(app, settings, clock, world.RESPONSE)
    assert "better" not in other.sees(f"/referrals/{handoff['referral_id']}")
    assert "1 to 4" in kim.sees("/referrals/measures")
