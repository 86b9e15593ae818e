"""Embedded workers over the API: who lets whom sit in which team, until when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts.directory import PlacementPublished
from onward.identity import Role
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVISERS, CONNECTION, RESPONSE, WARD

Told = Callable[[type[Any]], list[Any]]


@pytest.fixture
def placements(client: FlaskClient, as_: As) -> str:
    """Return where the placements of a new worker of Response are."""
    body = {
        "organisation_id": str(RESPONSE.id),
        "username": "p.nowak",
        "display_name": "P",
        "role": "caseworker",
    }
    made = client.post("/api/v1/workers", json=body, headers=as_(Role.TEAM_LEAD))
    assert made.json is not None
    return f"/api/v1/workers/{made.json['id']}/placements"


@pytest.fixture
def ask(client: FlaskClient, as_: As) -> Callable[..., Any]:
    def send(method: str, path: str, who: UUID = WARD.id, **options: Any) -> Any:
        headers = as_(Role.TEAM_LEAD, who) | options.pop("headers", {})
        return client.open(path, method=method, headers=headers, **options)

    return send


def test_a_host_lets_anothers_worker_sit_in_its_team_and_the_others_are_told(
    ask: Any, placements: str, told: Told
) -> None:
    made = ask("POST", placements, json={"host": str(WARD.id), "ends_at": "2026-06-01T08:00:00Z"})

    assert made.status_code == 201, made.json
    (event,) = told(PlacementPublished)
    assert (event.employer, event.host) == (RESPONSE.id, WARD.id)
    assert event.principal == f"worker:{made.json['worker_id']}"
    assert [one["id"] for one in ask("GET", placements).json] == [made.json["id"]]
    assert len(ask("GET", placements, RESPONSE.id).json) == 1
    assert ask("GET", placements, CONNECTION.id).status_code == 404


def test_employer_and_host_both_may_end_it_at_once_and_nobody_else(
    ask: Any, placements: str, told: Told, clock: ManualClock
) -> None:
    made = ask("POST", placements, json={"host": str(WARD.id)}).json
    end = f"{placements}/{made['id']}/end"
    version = {"If-Match": '"1"'}
    clock.advance(timedelta(days=1))

    assert ask("POST", end, CONNECTION.id, json={}, headers=version).status_code == 403
    ended = ask("POST", end, RESPONSE.id, json={}, headers=version)

    assert ended.status_code == 200, ended.json
    assert told(PlacementPublished)[-1].ends_at == clock.now()
    again = ask("POST", end, json={}, headers={"If-Match": '"2"'})
    assert again.json["code"] == "already-ended"


@pytest.mark.parametrize(
    ("body", "who", "status", "code"),
    [
        ({"host": str(WARD.id)}, RESPONSE.id, 403, "other-organisation"),
        ({"host": str(RESPONSE.id)}, RESPONSE.id, 422, "invalid"),
        ({"host": str(UUID(int=99))}, UUID(int=99), 422, "invalid"),
        (
            {
                "host": str(WARD.id),
                "starts_at": "2026-04-01T00:00:00Z",
                "ends_at": "2026-03-01T00:00:00Z",
            },
            WARD.id,
            422,
            "invalid",
        ),
    ],
    ids=["the-host-decides", "at-home", "nowhere", "backwards"],
)
def test_a_placement_that_cannot_be_is_refused(
    ask: Any, placements: str, body: dict[str, str], who: UUID, status: int, code: str
) -> None:
    refused = ask("POST", placements, who, json=body)

    assert (refused.status_code, refused.json["code"]) == (status, code)


def test_a_worker_sits_in_a_team_once_at_a_time_and_in_several_teams_at_once(
    ask: Any, placements: str
) -> None:
    until = {"host": str(WARD.id), "ends_at": "2026-04-01T00:00:00Z"}
    later = {"host": str(WARD.id), "starts_at": "2026-04-01T00:00:00Z"}

    assert ask("POST", placements, json=until).status_code == 201
    refused = ask("POST", placements, json={"host": str(WARD.id)})
    assert (refused.status_code, refused.json["code"]) == (409, "placed-already")
    assert ask("POST", placements, json=later).status_code == 201
    elsewhere = {"host": str(ADVISERS.id)}
    assert ask("POST", placements, ADVISERS.id, json=elsewhere).status_code == 201
