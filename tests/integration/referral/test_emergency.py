"""Breaking the glass: for a reason, for an hour, by oneself alone, and never unseen."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import RecordRead
from onward.contracts.referral import GlassBroken
from onward.identity import Role
from onward.service import RunningService
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk

WHY = {"reason": "life-at-risk", "sentence": "Found Quillfeather on the bridge."}


@pytest.fixture
def night(desk: DeskOf) -> Desk:
    """Somebody of an organisation that was never asked."""
    return desk(world.STRANGERS)


def test_glass_is_broken_for_an_hour_and_everybody_hears_of_it(
    ward: Desk, night: Desk, running: RunningService, clock: ManualClock
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}"
    assert night.ask("GET", path).status_code == 404
    opened = night.ask("POST", f"{path}/break-glass", json=WHY)
    assert opened.status_code == 201, opened.json
    behind = opened.headers["Location"].removeprefix("/api/v1")
    seen = night.get(behind)
    assert seen["sections"]["identity"]["family_name"] == "Quillfeather"
    assert next(iter(seen["sections"]["contact"])) == "rules"
    assert seen["sections"]["risk"] == world.TOLD["risk"]

    events = [envelope.event for envelope in world.envelopes(running)]
    (broken,) = [event for event in events if isinstance(event, GlassBroken)]
    assert (broken.sender, broken.reason) == (world.WARD, "life-at-risk")
    read = [event for event in events if isinstance(event, RecordRead)][-1]
    assert (read.what, read.purpose, read.sensitivity) == (
        "break-glass",
        "life-at-risk",
        "restricted",
    )
    assert not [
        word for word in world.PERSONAL for _, text in world.cells(running) if word in text
    ]

    clock.advance(timedelta(hours=1))
    over = night.ask("GET", behind)
    assert (over.status_code, over.json["code"]) == (403, "glass-closed")  # type: ignore[index]


def test_nobody_reads_through_glass_that_another_broke(
    ward: Desk, night: Desk, desk: DeskOf
) -> None:
    handoff, other = ward.sent(), ward.sent()
    opened = night.ask("POST", f"/referrals/{handoff['referral_id']}/break-glass", json=WHY)
    behind = opened.headers["Location"].removeprefix("/api/v1")
    assert desk(world.ADVISERS).ask("GET", behind).status_code == 404
    assert desk(world.STRANGERS, Role.TEAM_LEAD).ask("GET", behind).status_code == 404
    elsewhere = behind.replace(handoff["referral_id"], other["referral_id"])
    assert night.ask("GET", elsewhere).status_code == 404


def test_whoever_may_read_breaks_nothing(ward: Desk, house: Desk) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/break-glass"
    for one in (ward, house):
        refused = one.ask("POST", path, json=WHY)
        assert (refused.status_code, refused.json["code"]) == (409, "glass-not-needed")  # type: ignore[index]
    house.does(handoff, "reject", reason="no-capacity", sentence="Full.")
    assert house.ask("POST", path, json=WHY).status_code == 201


@pytest.mark.parametrize(
    "body", [{}, {"reason": "curious", "sentence": "x"}, {"reason": "safeguarding"}]
)
def test_glass_is_not_broken_without_a_reason(
    ward: Desk, night: Desk, running: RunningService, body: dict[str, Any]
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/break-glass"
    assert night.ask("POST", path, json=body).status_code == 422
    assert "glass-broken" not in world.names_told(running)


def test_of_a_draft_there_is_no_glass(ward: Desk, night: Desk) -> None:
    draft = ward.submit(draft=True).json["referral"]  # type: ignore[index]
    assert night.ask("POST", f"/referrals/{draft['id']}/break-glass", json=WHY).status_code == 404


def test_systems_and_auditors_break_no_glass(ward: Desk, desk: DeskOf) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/break-glass"
    for role in (Role.PARTNER_SYSTEM, Role.AUDITOR, Role.OPERATOR):
        assert desk(world.STRANGERS, role).ask("POST", path, json=WHY).status_code == 403


def test_a_worker_breaks_the_glass_on_the_page(
    ward: Desk, app: Flask, settings: Settings, clock: ManualClock
) -> None:
    handoff = ward.sent()
    path = f"/referrals/{handoff['referral_id']}/break-glass"
    lee = Worker(app, settings, clock, world.STRANGERS)
    page = lee.sees(path)
    assert lee.sends(page, "/break-glass", reason="", sentence="").status_code == 422
    behind = lee.after(lee.sends(page, "/break-glass", **WHY))
    assert "You broke the glass." in behind
    assert behind.index("Never call this number") < behind.index("07700 900123")
