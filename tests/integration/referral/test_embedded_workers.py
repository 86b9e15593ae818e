"""A worker who sits in another organisation's team works with its referrals, and not a minute longer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from onward.clock import ManualClock
from onward.contracts.access import RecordRead
from onward.contracts.directory import PlacementPublished
from onward.web.tokens import issue_access_token
from tests.integration.referral import world
from tests.integration.referral.conftest import DeskOf
from tests.integration.referral.world import Desk, Directory

TEAM = {"Onward-Team": str(world.RESPONSE)}


@pytest.fixture
def adviser(desk: DeskOf) -> Desk:
    """Lend the seat of an adviser, who is placed in the house's team in the first test."""
    return desk(world.ADVISERS)


def placed(adviser: Desk, ends_in: timedelta | None, **changes: Any) -> PlacementPublished:
    now = adviser.clock.now()
    said = {
        "placement_id": UUID(int=77),
        "principal": adviser.actor.principal,
        "employer": world.ADVISERS,
        "host": world.RESPONSE,
        "starts_at": now,
        "ends_at": None if ends_in is None else now + ends_in,
    }
    return PlacementPublished(**{**said, **changes})


def test_an_embedded_worker_acts_in_the_hosts_referrals_as_themself(
    ward: Desk, adviser: Desk, directory: Directory
) -> None:
    handoff = ward.sent()
    path = f"/handoffs/{handoff['id']}"
    directory.tell(placed(adviser, timedelta(days=30)))

    assert adviser.ask("GET", path).status_code == 404, "their own organisation has no part in it"
    seen = adviser.ask("GET", path, headers=TEAM)
    assert seen.status_code == 200, seen.json
    listed = adviser.ask("GET", "/handoffs", headers=TEAM).json
    assert [one["handoff"]["id"] for one in listed or []] == [handoff["id"]]
    version = {**TEAM, "If-Match": f'"{handoff["version"]}"'}
    done = adviser.ask("POST", f"{path}/acknowledge", headers=version, json={})
    assert done.status_code == 200, done.json
    read = [
        one for one in world.envelopes(directory.running) if isinstance(one.event, RecordRead)
    ][-1]
    assert (read.actor.principal, read.actor.organisation) == (
        adviser.actor.principal,
        world.ADVISERS,
    )


def test_access_ends_with_the_placement_even_under_a_token_that_was_given_before(
    ward: Desk, adviser: Desk, directory: Directory, clock: ManualClock
) -> None:
    handoff = ward.sent()
    directory.tell(placed(adviser, timedelta(minutes=2)))
    token = issue_access_token(adviser.settings, adviser.actor, at=clock.now())

    def ask() -> Any:
        return adviser.client.get(
            f"/api/v1/handoffs/{handoff['id']}",
            headers={"Authorization": f"Bearer {token}", **TEAM},
        )

    clock.advance(timedelta(seconds=119))
    assert ask().status_code == 200
    clock.advance(timedelta(seconds=1))
    refused = ask()
    assert (refused.status_code, refused.json["code"]) == (403, "not-placed")


def test_a_placement_ended_early_ends_access_at_once(
    ward: Desk, adviser: Desk, directory: Directory
) -> None:
    path = f"/handoffs/{ward.sent()['id']}"
    directory.tell(placed(adviser, None))
    assert adviser.ask("GET", path, headers=TEAM).status_code == 200

    directory.tell(placed(adviser, timedelta(0)))

    assert adviser.ask("GET", path, headers=TEAM).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"principal": "worker:somebody-else"},
        {"employer": world.WARD},
        {"host": world.WARD},
    ],
    ids=["another-worker", "another-employer", "another-team"],
)
def test_nobody_acts_in_a_team_they_are_not_placed_in(
    ward: Desk, adviser: Desk, directory: Directory, changes: dict[str, Any]
) -> None:
    path = f"/handoffs/{ward.sent()['id']}"
    directory.tell(placed(adviser, None, **changes))

    assert adviser.ask("GET", path, headers=TEAM).status_code == 403


def test_a_team_that_is_no_organisations_id_is_refused(adviser: Desk) -> None:
    refused = adviser.ask("GET", f"/handoffs/{uuid4()}", headers={"Onward-Team": "the house"})

    assert (refused.status_code, (refused.json or {})["code"]) == (422, "team-unknown")


def test_a_placement_that_is_to_come_opens_nothing_yet(
    ward: Desk, adviser: Desk, directory: Directory, clock: ManualClock
) -> None:
    path = f"/handoffs/{ward.sent()['id']}"
    directory.tell(placed(adviser, None, starts_at=clock.now() + timedelta(hours=1)))
    assert adviser.ask("GET", path, headers=TEAM).status_code == 403

    clock.advance(timedelta(hours=1))

    assert adviser.ask("GET", path, headers=TEAM).status_code == 200


def test_one_key_is_another_in_another_team_and_gives_no_answer_again_after_the_placement(
    ward: Desk, adviser: Desk, directory: Directory, clock: ManualClock
) -> None:
    ward.sent()
    directory.tell(placed(adviser, timedelta(minutes=2)))
    search = {"given_name": "Samuel", "family_name": "Quill", "birth_date": "1990-05-17"}

    def ask(**team: str) -> Any:
        headers = {"Idempotency-Key": "one", **team}
        return adviser.ask("POST", "/people/search", json=search, headers=headers)

    first, own, again = ask(**TEAM), ask(), ask(**TEAM)
    assert [one.status_code for one in (first, own, again)] == [200, 200, 200]
    assert [one.headers.get("Idempotency-Replayed") for one in (first, own, again)] == [
        None,
        None,
        "true",
    ]
    clock.advance(timedelta(minutes=2))
    refused = ask(**TEAM)
    assert (refused.status_code, refused.json["code"]) == (403, "not-placed")
