"""Places and the queue over the API: numbers for everybody, people for the providers alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from onward.clock import ManualClock
from onward.contracts import referral
from onward.contracts.access import RecordRead
from onward.contracts.directory import PlaceHeld
from onward.identity import Role
from onward.service import RunningService
from tests.integration.directory.conftest import As
from tests.integration.directory.world import (
    ADVICE,
    CONNECTION,
    HOUSE,
    RESPONSE,
    WARD,
    Handoffs,
    about,
)

Told = Callable[[type[Any]], list[Any]]
PLACES = f"/api/v1/places?service={HOUSE.id}"
QUEUE = f"/api/v1/services/{HOUSE.id}/queue"


@pytest.fixture
def full_house(running: RunningService, clock: ManualClock) -> Handoffs:
    """Handoff 1 lives in the one bed; 2 (routine) and 3 (urgent) wait."""
    handoffs = Handoffs(running)
    handoffs.tell(handoffs.accept(1))
    handoffs.tell(referral.HandoffStarted(**about(1)))
    clock.advance(timedelta(minutes=1))
    handoffs.tell(handoffs.accept(2))
    clock.advance(timedelta(minutes=1))
    handoffs.tell(handoffs.accept(3, urgency="urgent"))
    return handoffs


def test_everybody_sees_how_much_room_there_is_and_nobody_elses_people(
    client: FlaskClient, as_: As, full_house: Handoffs, told: Told
) -> None:
    shown = client.get(PLACES, headers=as_(Role.CASEWORKER, WARD.id)).json or {}

    assert shown["room"]["occupied"] == 1
    assert shown["room"]["waiting"] == 2
    (bed,) = shown["places"]
    assert (bed["label"], bed["state"], bed["seats"], bed["free"]) == ("Bed 1", "occupied", 1, 0)
    assert not {"handoff_id", "taken_at", "held_until", "seated"} & set(bed)
    assert told(RecordRead) == []


@pytest.mark.parametrize("provider", [RESPONSE.id, CONNECTION.id])
def test_every_provider_sees_who_has_which_place_and_that_is_audited(
    client: FlaskClient, as_: As, full_house: Handoffs, told: Told, provider: UUID
) -> None:
    shown = client.get(PLACES, headers=as_(Role.CASEWORKER, provider)).json or {}

    (bed,) = shown["places"]
    assert (bed["state"], bed["handoff_id"]) == ("occupied", str(UUID(int=1001)))
    (read,) = told(RecordRead)
    assert (read.about, read.what, read.records) == (provider, "places", 1)


def test_the_queue_explains_each_position_to_the_provider(
    client: FlaskClient, as_: As, full_house: Handoffs, told: Told
) -> None:
    queue = client.get(QUEUE, headers=as_(Role.PARTNER_SYSTEM)).json or []

    assert [(one["position"], one["handoff_id"]) for one in queue] == [
        (1, str(UUID(int=1003))),
        (2, str(UUID(int=1002))),
    ]
    assert [reason["sentence"] for reason in queue[1]["reasons"]] == [
        "1 person in a more urgent band than routine goes first.",
        "Nobody as urgent has waited longer.",
    ]
    assert [read.what for read in told(RecordRead)] == ["queue"]


def test_a_sender_does_not_see_the_queue(
    client: FlaskClient, as_: As, full_house: Handoffs
) -> None:
    refused = client.get(QUEUE, headers=as_(Role.CASEWORKER, WARD.id))

    assert refused.status_code == 403
    assert (refused.json or {})["code"] == "only-provider"


def test_a_long_queue_comes_page_by_page(
    client: FlaskClient, as_: As, full_house: Handoffs
) -> None:
    first = client.get(f"{QUEUE}?limit=1", headers=as_(Role.CASEWORKER))
    link = first.headers["Link"].split(">")[0].removeprefix("<http://127.0.0.1:8080")
    second = client.get(link, headers=as_(Role.CASEWORKER))

    assert [one["position"] for one in (first.json or [])] == [1]
    assert [one["position"] for one in (second.json or [])] == [2]
    assert "Link" not in second.headers


def test_a_place_is_added_and_whoever_is_next_gets_it(
    client: FlaskClient, as_: As, full_house: Handoffs, told: Told
) -> None:
    made = client.post(
        "/api/v1/places",
        json={"service_id": str(HOUSE.id), "label": "Bed 2"},
        headers=as_(Role.TEAM_LEAD),
    )

    assert made.status_code == 201, made.json
    assert (made.json or {})["state"] == "held"
    assert told(PlaceHeld)[-1].handoff_id == UUID(int=1003)


def test_a_place_in_use_cannot_be_closed_and_the_refusal_names_the_handoff(
    client: FlaskClient, as_: As, full_house: Handoffs
) -> None:
    shown = client.get(PLACES, headers=as_(Role.CASEWORKER)).json or {}
    bed = f"/api/v1/places/{shown['places'][0]['id']}"

    refused = client.patch(bed, json={"state": "closed"}, headers=as_(Role.EDITOR))

    assert refused.status_code == 409
    assert (refused.json or {})["affected"] == [str(UUID(int=1001))]


def test_a_free_place_can_be_closed_and_opened_again(
    client: FlaskClient, as_: As, told: Told
) -> None:
    shown = client.get(PLACES, headers=as_(Role.CASEWORKER)).json or {}
    bed = f"/api/v1/places/{shown['places'][0]['id']}"

    def become(state: str) -> Any:
        return client.patch(bed, json={"state": state}, headers=as_(Role.EDITOR)).json

    assert become("closed")["state"] == "closed"
    assert become("pipeline")["allowed"] == ["available"]
    assert become("available")["state"] == "available"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"service_id": str(ADVICE.id), "label": "Chair"}, 403, "other-organisation"),
        ({"service_id": str(HOUSE.id), "label": "Bed 1"}, 409, "label-taken"),
        (
            {"service_id": str(HOUSE.id), "label": "Bed 2", "state": "pipeline"},
            409,
            "no-pipeline",
        ),
        ({"service_id": str(UUID(int=99)), "label": "Bed 2"}, 404, "not-found"),
        ({"service_id": str(HOUSE.id), "label": "Bed\u0000 2"}, 400, "json-text"),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    client: FlaskClient, as_: As, body: dict[str, str], status: int, code: str
) -> None:
    refused = client.post("/api/v1/places", json=body, headers=as_(Role.EDITOR))

    assert refused.status_code == status
    assert (refused.json or {})["code"] == code


def test_the_history_of_a_place_is_for_its_providers(
    client: FlaskClient, as_: As, full_house: Handoffs, told: Told
) -> None:
    full_house.tell(referral.HandoffCompleted(**about(1), outcome="moved-on"))
    shown = client.get(PLACES, headers=as_(Role.CASEWORKER)).json or {}
    bed = f"/api/v1/places/{shown['places'][0]['id']}"

    history = (client.get(bed, headers=as_(Role.CASEWORKER)).json or {})["history"]

    assert [(claim["handoff_id"], claim["state"]) for claim in history] == [
        (str(UUID(int=1003)), "held"),
        (str(UUID(int=1001)), "released"),
    ]
    assert client.get(bed, headers=as_(Role.CASEWORKER, WARD.id)).status_code == 403


def test_a_service_without_places_says_so(client: FlaskClient, as_: As) -> None:
    refused = client.get(
        f"/api/v1/places?service={ADVICE.id}", headers=as_(Role.CASEWORKER, WARD.id)
    )

    assert (refused.json or {})["code"] == "no-ledger"
