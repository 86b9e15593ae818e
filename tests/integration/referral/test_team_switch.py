"""An embedded worker changes team in the browser: it shows, holds on each page, ends with the placement."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from onward.clock import ManualClock
from onward.contracts.access import TeamEntered
from onward.contracts.directory import PlacementPublished
from onward.settings import Settings
from tests.integration.referral import world
from tests.integration.referral.worker import Worker
from tests.integration.referral.world import Desk, Directory


@pytest.fixture
def adviser(app: Flask, settings: Settings, clock: ManualClock, directory: Directory) -> Worker:
    """Lend an adviser's browser; for a day they sit in the house's team."""
    directory.tell(
        PlacementPublished(
            placement_id=UUID(int=77),
            principal="worker:kim",
            employer=world.ADVISERS,
            host=world.RESPONSE,
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=10),
        )
    )
    return Worker(app, settings, clock, world.ADVISERS)


def switched(worker: Worker, host: Any) -> str:
    return worker.after(worker.sends(worker.sees("/teams"), "/teams", host=str(host)))


def test_the_host_is_shown_everywhere_and_its_referrals_are_worked_with(
    adviser: Worker, ward: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    assert "Sam Quillfeather" not in adviser.sees("/inbox")
    assert "Work in another team" in adviser.sees("/")

    assert "You now work in the team of Response." in switched(adviser, world.RESPONSE)
    inbox = adviser.sees("/inbox")
    assert "in the team of Response" in inbox
    assert "Sam Quillfeather" in inbox
    page = adviser.sees(f"/referrals/{handoff['referral_id']}")
    assert "Accepted." in adviser.after(adviser.sends(page, "/accept"))

    entered = [
        one for one in world.envelopes(directory.running) if isinstance(one.event, TeamEntered)
    ]
    assert [(one.event.subject, one.actor.organisation) for one in entered] == [
        (world.RESPONSE, world.ADVISERS)
    ]


def test_one_goes_back_to_ones_own_organisation(adviser: Worker, ward: Desk) -> None:
    ward.sent()
    switched(adviser, world.RESPONSE)
    assert "You work for your own organisation again." in switched(adviser, "")
    assert "Sam Quillfeather" not in adviser.sees("/inbox")


def test_the_placements_end_closes_the_team_in_an_open_browser(
    adviser: Worker, ward: Desk, clock: ManualClock
) -> None:
    handoff = ward.sent()
    switched(adviser, world.RESPONSE)
    clock.advance(timedelta(minutes=10))
    refused = adviser.sees(f"/referrals/{handoff['referral_id']}", status=403)
    assert "Your time in that team has ended." in refused
    again = adviser.sees("/inbox")
    assert "in the team of" not in again
    assert "Sam Quillfeather" not in again


def test_nobody_enters_a_team_that_they_do_not_sit_in(adviser: Worker) -> None:
    assert "You do not sit in that team now." in switched(adviser, world.WARD)
    assert "You do not sit in that team now." in switched(adviser, "the house")
    assert "in the team of" not in adviser.sees("/inbox")
