"""Goals over the API, on the page, and in the figures; what they say stays sealed."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.referral import GoalReviewed, GoalSet
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

PERIOD = "since=2026-11-01&until=2026-11-30"
COOK = "Cook for my sister twice a week."


@pytest.fixture
def advisers(desk: DeskOf) -> Desk:
    return desk(world.ADVISERS)


def advised(house: Desk, advisers: Desk) -> dict[str, Any]:
    handoff = house.sent(service_id=str(world.ADVICE))
    advisers.does(handoff, "accept")
    return advisers.does(handoff, "start")


def aims(desk: Desk, handoff: dict[str, Any], **changes: Any) -> Any:
    body = {"text": COOK, "closeness": 2, **changes}
    return desk.ask("POST", f"/handoffs/{handoff['id']}/goals", json=body)


def looks(desk: Desk, handoff: dict[str, Any], goal_id: object, **changes: Any) -> Any:
    body = {"progress": "achieved", "closeness": 9, **changes}
    return desk.ask("POST", f"/handoffs/{handoff['id']}/goals/{goal_id}/reviews", json=body)


def test_a_goal_is_set_and_looked_at_again_and_the_latest_look_counts(
    house: Desk, advisers: Desk, desk: DeskOf, running: RunningService
) -> None:
    handoff = advised(house, advisers)
    own, shared = aims(advisers, handoff).json, aims(advisers, handoff, visibility="both").json
    assert own["progress"] is None
    looks(advisers, handoff, shared["id"], progress="not-achieved", closeness=2)
    after = looks(advisers, handoff, shared["id"], note="Marlbrook market helped.")
    assert (after.status_code, after.json["progress"]) == (201, "achieved")
    path = f"/handoffs/{handoff['id']}/goals"
    assert [one["id"] for one in advisers.get(path)] == [own["id"], shared["id"]]
    (seen,) = house.get(path)
    assert [(one["progress"], one["closeness"]) for one in seen["reviews"]] == [
        ("not-achieved", 2),
        ("achieved", 9),
    ]
    assert desk(world.STRANGERS).ask("GET", path).status_code == 404
    told = [one.event for one in world.envelopes(running)]
    assert len([one for one in told if isinstance(one, GoalSet)]) == 2
    assert [one.progress for one in told if isinstance(one, GoalReviewed)] == [
        "not-achieved",
        "achieved",
    ]
    assert not [text for _, text in world.cells(running) if "sister" in text or "market" in text]


def test_a_goal_that_cannot_be_is_refused_with_what_to_change(
    ward: Desk, house: Desk, advisers: Desk
) -> None:
    handoff = advised(house, advisers)
    goal = aims(advisers, handoff).json
    waiting = ward.sent()
    wrong = [
        (aims(advisers, handoff, closeness=11), 422, "invalid"),
        (aims(advisers, handoff, set_on="2026-10-01"), 422, "day-implausible"),
        (aims(house, handoff), 409, "recipient-records"),
        (aims(house, waiting), 409, "not-taken-on"),
        (looks(advisers, handoff, uuid4()), 404, "not-found"),
        (looks(advisers, handoff, goal["id"], reviewed_on="2026-11-03"), 422, "day-implausible"),
        (looks(advisers, handoff, goal["id"], progress="fine"), 422, "invalid"),
    ]
    assert [(one.status_code, one.json["code"]) for one, *_ in wrong] == [
        (status, code) for _, status, code in wrong
    ]
    for _ in range(9):
        assert aims(advisers, handoff).status_code == 201
    full = aims(advisers, handoff)
    assert (full.status_code, full.json["code"]) == (409, "goals-full")


def test_figures_count_goals_and_how_much_closer_people_came(house: Desk, advisers: Desk) -> None:
    for _ in range(5):
        handoff = advised(house, advisers)
        for progress, closeness in (
            ("achieved", 10),
            ("not-achieved", 4),
            ("no-longer-wanted", 0),
        ):
            goal = aims(advisers, handoff, visibility="both").json
            looks(advisers, handoff, goal["id"], progress=progress, closeness=closeness)
    for desk, side in ((advisers, "recipient"), (house, "sender")):
        (row,) = desk.get(f"/referrals/measures?{PERIOD}&side={side}")
        counts = row["counts"]
        assert (counts["goals_set"], counts["goals_achieved"]) == (15, 5)
        assert counts["goals_not_achieved"] == 5
        (closer,) = row["changes"]
        assert (closer["instrument"], closer["people"]) == ("goals", 5)
        assert (closer["before"], closer["after"], closer["improved"]) == (2, 7, 5)
    taken = advisers.ask("GET", f"/referrals/measures.csv?{PERIOD}").get_data(as_text=True)
    assert "Benefits advice,Response,goals_achieved,5" in taken
    assert "goals.closeness.after,7" in taken


def test_a_worker_sets_a_goal_and_looks_at_it_again_on_the_page(
    app: Flask, settings: Settings, clock: ManualClock, house: Desk, advisers: Desk
) -> None:
    handoff = advised(house, advisers)
    path = f"/referrals/{handoff['referral_id']}"
    kim = Worker(app, settings, clock, world.ADVISERS)
    lee = Worker(app, settings, clock, world.RESPONSE)
    assert "Goals" not in lee.sees(path)
    refused = kim.after(kim.sends(kim.sees(path), "/goals", text=COOK, closeness="11"))
    assert "Nothing was changed." in refused
    page = kim.after(
        kim.sends(kim.sees(path), "/goals", text=COOK, closeness="2", visibility="both")
    )
    assert "The goal is set." in page
    page = kim.after(kim.sends(page, "/reviews", progress="achieved", closeness="9"))
    assert "achieved on 2 November 2026, 9 of 10" in page
    assert "Goal 1: 2 before, 9 after." in page
    seen = lee.sees(path)
    assert COOK in seen
    assert "Look at goal 1 again" not in seen
