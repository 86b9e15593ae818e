"""Whom a service takes and when it is open, over the API: asked for one person, kept for nobody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import jsonschema
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from onward import tables
from onward.identity import Role
from onward.service import RunningService
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service, ServiceStatus
from services.directory.handlers import entries
from tests.integration.directory import world
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVICE, HOUSE, WARD

Keep = Callable[..., Service]
RULES = {
    "facts": {
        "lives_on_campus": {
            "asks": "Does the person live on the campus?",
            "says": "Lives on the campus",
        }
    },
    "rule": {
        "all": [
            {"fact": "age", "over": 18},
            {"fact": "ready_for_discharge", "is": True},
            {"not": {"fact": "lives_on_campus", "is": True}},
        ]
    },
    "unstated": ["How many nights in a row"],
}
OFFICE = {
    "weekly": [{"days": ["mon", "tue"], "from": "09:30", "to": "17:00"}],
    "bank_holidays": "closed",
}


@pytest.fixture
def keep(running: RunningService) -> Keep:
    """Change an entry of the world."""

    def change(service: Service = HOUSE, **changes: Any) -> Service:
        with running.database.transaction(actor=world.OPERATOR) as uow:
            version = uow.store.services.get(service.id).version
            return entries.change_service(uow, replace(service, **changes, version=version))

    return change


def path(service: Service, what: str) -> str:
    return f"/api/v1/services/{service.id}/{what}"


def test_whom_a_service_takes_is_answered_rule_by_rule(
    client: FlaskClient, as_: As, keep: Keep
) -> None:
    keep(eligibility=RULES)
    answer = client.post(
        path(HOUSE, "eligibility"),
        json={"facts": {"age": 18, "lives_on_campus": None}},
        headers=as_(Role.CASEWORKER, WARD.id),
    )

    assert answer.status_code == 200, answer.json
    found = answer.json or {}
    assert found["outcome"] == "ineligible"
    assert found["declines"] == ["not-eligible"]
    assert found["notes"] == ["How many nights in a row"]
    first, _, third = found["findings"]
    assert first == {
        "pointer": "/rule/all/0",
        "says": "Over 18",
        "met": "not-met",
        "fact": "age",
        "found": 18,
        "decline": "not-eligible",
        "decisive": True,
    }
    assert (third["met"], third["says"]) == ("unknown", "Not: Lives on the campus")


def test_what_is_missing_is_asked_for(client: FlaskClient, as_: As, keep: Keep) -> None:
    keep(eligibility=RULES)
    answer = client.post(
        path(HOUSE, "eligibility"), json={"facts": {"age": 40}}, headers=as_(Role.PARTNER_SYSTEM)
    )

    assert answer.json
    assert answer.json["outcome"] == "needs-assessment"
    assert [one["asks"] for one in answer.json["missing"]] == [
        "Is the person medically ready to leave hospital?",
        "Does the person live on the campus?",
    ]


def test_the_questions_and_the_words_are_told_before_anybody_is_asked_about(
    client: FlaskClient, as_: As, keep: Keep
) -> None:
    keep(eligibility=RULES)
    answer = client.get(path(HOUSE, "eligibility"), headers=as_(Role.CASEWORKER, WARD.id))

    assert answer.json
    assert answer.json["words"] == [
        "Over 18",
        "Is medically ready to leave hospital",
        "Not: Lives on the campus",
    ]
    assert [one["name"] for one in answer.json["questions"]] == [
        "age",
        "ready_for_discharge",
        "lives_on_campus",
    ]


def test_a_service_that_says_nothing_takes_the_rules_of_its_programme(
    client: FlaskClient, as_: As, running: RunningService, keep: Keep
) -> None:
    pilot = Programme(
        id=UUID(int=31),
        name="Pilot",
        summary="A pilot.",
        status=ServiceStatus.ACTIVE,
        lead=ADVICE.recipient,
        eligibility={"rule": {"fact": "age", "at_least": 18}},
    )
    headers = as_(Role.CASEWORKER, WARD.id)

    def outcome() -> Any:
        answer = client.post(path(ADVICE, "eligibility"), json={"facts": {}}, headers=headers)
        return answer.json and (answer.json["outcome"], answer.json["notes"])

    unstated = "The service does not say whom it takes: ask it."
    assert outcome() == ("needs-assessment", [unstated])
    with running.database.transaction(actor=world.OPERATOR) as uow:
        entries.publish_programme(uow, pilot)
    keep(ADVICE, programme=pilot.id)
    assert outcome() == ("needs-assessment", [])


def test_a_fact_that_no_rule_asks_for_is_refused_by_its_name(
    client: FlaskClient, as_: As, keep: Keep
) -> None:
    keep(eligibility=RULES)
    answer = client.post(
        path(HOUSE, "eligibility"),
        json={"facts": {"age": "old", "shoe_size": 42}},
        headers=as_(Role.CASEWORKER, WARD.id),
    )

    assert answer.status_code == 422
    assert answer.json
    assert answer.json["code"] == "invalid-facts"
    assert {one["pointer"] for one in answer.json["errors"]} == {"/facts/age", "/facts/shoe_size"}


def test_nothing_about_the_person_is_kept(
    client: FlaskClient, as_: As, keep: Keep, running: RunningService
) -> None:
    keep(eligibility=RULES)
    before = _told(running)
    client.post(
        path(HOUSE, "eligibility"),
        json={"facts": {"age": 40}},
        headers=as_(Role.CASEWORKER, WARD.id),
    )

    assert _told(running) == before


def _told(running: RunningService) -> int:
    with running.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(tables.outbox)) or 0


def test_a_mistake_in_a_document_is_named_by_its_place_in_the_entry(
    client: FlaskClient, as_: As
) -> None:
    headers = as_(Role.EDITOR)
    entry = client.get(f"/api/v1/services/{HOUSE.id}", headers=headers)
    body = {
        name: value
        for name, value in (entry.json or {}).items()
        if name not in {"id", "version", "has_ledger"}
    }
    answer = client.put(
        f"/api/v1/services/{HOUSE.id}",
        json={**body, "eligibility": {"rule": {"all": [{"fact": "agge", "over": 18}]}}},
        headers={**headers, "If-Match": entry.headers["ETag"]},
    )

    assert answer.status_code == 422
    assert answer.json
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/eligibility/rule/all/0/fact"
    assert "perhaps age" in error["detail"]


@pytest.mark.parametrize(("name", "document"), [("eligibility", RULES), ("opening", OFFICE)])
def test_editors_find_the_schema_of_each_document(
    client: FlaskClient, name: str, document: Any
) -> None:
    answer = client.get(f"/directory/schemas/{name}.json")

    assert answer.status_code == 200
    jsonschema.validate(document, answer.json or False)
    assert client.get("/directory/schemas/other.json").status_code == 404


def test_whether_a_service_is_open_is_told_for_any_moment(
    client: FlaskClient, as_: As, keep: Keep
) -> None:
    keep(opening=OFFICE)
    headers = as_(Role.CASEWORKER, WARD.id)
    monday_at_nine = client.get(path(HOUSE, "opening"), headers=headers).json
    assert monday_at_nine
    assert monday_at_nine["state"] == "closed"
    assert monday_at_nine["next_opens"] == "2026-03-02T09:30:00+00:00"
    assert monday_at_nine["said"] == "Closed now, opens at 9:30am"
    assert monday_at_nine["words"] == [
        "Monday and Tuesday: 9:30am to 5pm",
        "Bank holidays: closed",
    ]

    in_summer = client.get(
        path(HOUSE, "opening") + "?at=2026-06-01T10:00:00%2B01:00", headers=headers
    )
    assert in_summer.json
    assert (in_summer.json["state"], in_summer.json["until"]) == (
        "open",
        "2026-06-01T16:00:00+00:00",
    )


def test_hours_nobody_states_are_told_as_such(client: FlaskClient, as_: As) -> None:
    answer = client.get(path(ADVICE, "opening"), headers=as_(Role.CASEWORKER, WARD.id))

    assert answer.json
    assert answer.json["state"] == "unknown"
    assert answer.json["stated"] is False
    assert answer.json["words"] == ["When it is open is not stated: ask first"]
