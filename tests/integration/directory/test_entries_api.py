"""Organisations, services and agreements over the API: who may write them, and what others are told."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from onward.contracts.access import AccessRefused
from onward.contracts.directory import AgreementPublished, OrganisationPublished, ServicePublished
from onward.identity import Role
from tests.integration.directory import world
from tests.integration.directory.conftest import As
from tests.integration.directory.world import ADVICE, ADVISERS, HOUSE, RESPONSE, WARD

Told = Callable[[type[Any]], list[Any]]
SERVICES = "/api/v1/services"


def body_of(client: FlaskClient, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return an entry as it would be sent back to change it."""
    found = client.get(path, headers=headers).json
    assert found is not None
    return {name: found[name] for name in found if name not in {"id", "version", "has_ledger"}}


def test_services_are_found_by_name_status_and_provider(client: FlaskClient, as_: As) -> None:
    def names(query: str) -> list[str]:
        answer = client.get(f"{SERVICES}?{query}", headers=as_(Role.CASEWORKER, WARD.id))
        assert answer.status_code == 200, answer.json
        return [one["name"] for one in answer.json or ()]

    assert names("") == ["Benefits advice", "Stepdown House"]
    assert names("q=STEP") == ["Stepdown House"]
    assert names(f"provider={world.CONNECTION.id}") == ["Stepdown House"]
    assert names("status=planned") == []
    assert names("q=100%25") == []


def test_a_list_goes_on_where_its_link_says(client: FlaskClient, as_: As) -> None:
    headers = as_(Role.CASEWORKER, WARD.id)
    seen = []
    path: str | None = "/api/v1/organisations?limit=3"
    while path:
        answer = client.get(path, headers=headers)
        seen += [one["name"] for one in answer.json or ()]
        link = answer.headers.get("Link", "")
        path = link.split(">")[0].removeprefix("<http://127.0.0.1:8080") if link else None

    assert seen == ["Advisers", "Connection", "Response", "Ward Team"]


def test_a_new_service_is_listed_and_told_whole(client: FlaskClient, as_: As, told: Told) -> None:
    made = client.post(
        SERVICES,
        json={
            "name": "Evening drop-in",
            "summary": "Tea and company.",
            "status": "active",
            "recipient": str(RESPONSE.id),
            "providers": [str(RESPONSE.id)],
            "capacity_kind": "drop_in",
        },
        headers=as_(Role.EDITOR),
    )

    assert made.status_code == 201, made.json
    assert made.headers["ETag"] == '"1"'
    (event,) = told(ServicePublished)
    assert event.name == "Evening drop-in"
    assert event.has_ledger is False
    assert event.offer_hours == 48
    read = client.get(made.headers["Location"], headers=as_(Role.CASEWORKER, WARD.id))
    assert read.json == made.json


def test_a_service_is_changed_on_the_version_it_was_decided_on(
    client: FlaskClient, as_: As, told: Told
) -> None:
    path, editor = f"{SERVICES}/{HOUSE.id}", as_(Role.EDITOR)
    body = body_of(client, path, editor) | {"status": "paused"}

    assert client.put(path, json=body, headers=editor).status_code == 428
    changed = client.put(path, json=body, headers={**editor, "If-Match": '"1"'})
    assert changed.status_code == 200, changed.json
    assert changed.headers["ETag"] == '"2"'
    stale = client.put(path, json=body, headers={**editor, "If-Match": '"1"'})
    assert stale.status_code == 412
    assert [event.status for event in told(ServicePublished)] == ["paused"]


def test_writing_what_is_there_already_tells_nobody(
    client: FlaskClient, as_: As, told: Told
) -> None:
    path, editor = f"{SERVICES}/{HOUSE.id}", as_(Role.EDITOR)

    same = client.put(
        path, json=body_of(client, path, editor), headers={**editor, "If-Match": '"1"'}
    )

    assert same.headers["ETag"] == '"1"'
    assert told(ServicePublished) == []


@pytest.mark.parametrize(
    ("role", "organisation", "status"),
    [
        (Role.EDITOR, ADVISERS.id, 403),
        (Role.CASEWORKER, RESPONSE.id, 403),
        (Role.PARTNER_SYSTEM, RESPONSE.id, 403),
        (Role.OPERATOR, WARD.id, 200),
    ],
)
def test_only_its_providers_editor_or_an_operator_changes_a_service(
    client: FlaskClient, as_: As, told: Told, role: Role, organisation: UUID, status: int
) -> None:
    path = f"{SERVICES}/{HOUSE.id}"
    body = body_of(client, path, as_(Role.EDITOR)) | {"summary": "Changed."}

    answer = client.put(path, json=body, headers=as_(role, organisation, **{"If-Match": '"1"'}))

    assert answer.status_code == status
    assert bool(told(AccessRefused)) is (status == 403)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"recipient": str(WARD.id)}, "/recipient"),
        ({"providers": [str(RESPONSE.id), str(UUID(int=99))]}, "/providers"),
        ({"limits": {"maximum_stay_days": 5, "review_day": 9}}, "/limits/review_day"),
        ({"limits": {"sessions_per_person": 6}}, "/limits/sessions_per_person"),
        ({"capacity_kind": "sofa"}, "/capacity_kind"),
        ({"terms": {"offer_hours": 0}}, "/terms/offer_hours"),
        ({"terms": {"counted_in": "moons"}}, "/terms/counted_in"),
        ({"terms": {"counted_in": "working-hours"}}, "/terms/counted_in"),
        ({"mailbox": "ring the bell"}, "/mailbox"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_a_service_that_cannot_be_is_refused_by_field(
    client: FlaskClient, as_: As, told: Told, change: dict[str, Any], pointer: str
) -> None:
    path, editor = f"{SERVICES}/{HOUSE.id}", as_(Role.EDITOR, **{"If-Match": '"1"'})
    body = body_of(client, path, editor) | change

    refused = client.put(path, json=body, headers=editor)

    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in (refused.json or {})["errors"]]
    assert told(ServicePublished) == []


def test_an_organisation_changes_its_own_entry_and_no_other(
    client: FlaskClient, as_: As, told: Told
) -> None:
    editor = as_(Role.EDITOR, **{"If-Match": '"1"'})
    own, other = (f"/api/v1/organisations/{one.id}" for one in (RESPONSE, ADVISERS))
    body = body_of(client, own, editor) | {"mailbox": "team@response.example"}

    assert client.put(own, json=body, headers=editor).status_code == 200
    assert client.put(other, json=body, headers=editor).status_code == 403
    (event,) = told(OrganisationPublished)
    assert event.mailbox == "team@response.example"


def test_two_organisations_cannot_have_one_charity_number(client: FlaskClient, as_: As) -> None:
    refused = client.post(
        "/api/v1/organisations",
        json={"name": "Twin", "kind": "charity", "charity_number": "1234567"},
        headers=as_(Role.OPERATOR),
    )

    assert refused.status_code == 409
    assert (refused.json or {})["code"] == "identifier-taken"


def agreement(**change: Any) -> dict[str, Any]:
    return {
        "from_organisation": str(WARD.id),
        "to_organisation": str(RESPONSE.id),
        "purposes": ["direct-care"],
        "sections": ["identity", "housing"],
        "lawful_basis": "direct-care",
        "valid_from": "2026-01-01",
    } | change


def test_an_agreement_is_made_by_who_shares_and_ended_by_either(
    client: FlaskClient, as_: As, told: Told
) -> None:
    receiver = as_(Role.EDITOR)
    assert client.post("/api/v1/agreements", json=agreement(), headers=receiver).status_code == 403

    made = client.post("/api/v1/agreements", json=agreement(), headers=as_(Role.EDITOR, WARD.id))
    assert made.status_code == 201, made.json
    ended = client.post(
        f"{made.headers['Location']}/end", json={}, headers={**receiver, "If-Match": '"1"'}
    )

    assert (ended.json or {})["valid_until"] == "2026-03-01", "it holds today no longer"
    assert [event.valid_until is None for event in told(AgreementPublished)] == [True, False]
    again = client.post(
        f"{made.headers['Location']}/end", json={}, headers={**receiver, "If-Match": '"2"'}
    )
    assert (again.json or {})["code"] == "already-ended"


def test_agreements_are_seen_by_their_parties_and_by_auditors(
    client: FlaskClient, as_: As
) -> None:
    made = client.post("/api/v1/agreements", json=agreement(), headers=as_(Role.EDITOR, WARD.id))

    def seen(role: Role, organisation: UUID) -> tuple[int, int]:
        headers = as_(role, organisation)
        listed = client.get("/api/v1/agreements?on=2026-03-02", headers=headers).json or []
        return len(listed), client.get(made.headers["Location"], headers=headers).status_code

    assert seen(Role.PARTNER_SYSTEM, RESPONSE.id) == (1, 200)
    assert seen(Role.AUDITOR, ADVISERS.id) == (1, 200)
    assert seen(Role.CASEWORKER, ADVISERS.id) == (0, 404)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to_organisation": str(WARD.id)}, "/to_organisation"),
        ({"to_organisation": str(UUID(int=99))}, "/to_organisation"),
        ({"valid_until": "2025-12-31"}, "/valid_until"),
        ({"sections": []}, "/sections"),
        ({"purposes": ["Because"]}, "/purposes/0"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused_by_field(
    client: FlaskClient, as_: As, change: dict[str, Any], pointer: str
) -> None:
    refused = client.post(
        "/api/v1/agreements", json=agreement(**change), headers=as_(Role.EDITOR, WARD.id)
    )

    assert refused.status_code == 422
    assert [error["pointer"] for error in (refused.json or {})["errors"]] == [pointer]


def test_a_service_with_a_person_in_a_bed_cannot_close_and_says_whom_it_affects(
    client: FlaskClient, as_: As, running: Any
) -> None:
    handoffs = world.Handoffs(running)
    handoffs.tell(handoffs.accept(1))
    path, editor = f"{SERVICES}/{HOUSE.id}", as_(Role.EDITOR, **{"If-Match": '"1"'})
    body = body_of(client, path, editor)

    closing = client.put(path, json=body | {"status": "closed"}, headers=editor)
    moving = client.put(path, json=body | {"capacity_kind": "home"}, headers=editor)

    assert (closing.json or {})["code"] == "service-in-use"
    assert (closing.json or {})["affected"] == [str(UUID(int=1001))]
    assert (moving.json or {})["code"] == "has-places"


def test_a_closed_service_stays_closed(client: FlaskClient, as_: As) -> None:
    path, editor = f"{SERVICES}/{ADVICE.id}", as_(Role.EDITOR, ADVISERS.id)
    body = body_of(client, path, editor)
    client.put(path, json=body | {"status": "closed"}, headers={**editor, "If-Match": '"1"'})

    refused = client.put(path, json=body, headers={**editor, "If-Match": '"2"'})

    assert (refused.json or {})["code"] == "illegal-status"
    assert (refused.json or {})["allowed"] == []


@pytest.mark.parametrize(
    "path",
    [
        SERVICES,
        f"{SERVICES}/{HOUSE.id}",
        f"{SERVICES}/{HOUSE.id}/eligibility",
        "/api/v1/organisations",
        f"/api/v1/organisations/{RESPONSE.id}",
    ],
)
def test_what_somebody_has_already_is_not_sent_again_until_it_changes(
    client: FlaskClient, as_: As, path: str
) -> None:
    headers = as_(Role.CASEWORKER, WARD.id)
    first = client.get(path, headers=headers)
    known = headers | {"If-None-Match": first.headers["ETag"]}

    again = client.get(path, headers=known)

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "private, no-cache"
    _change_everything(client, as_)
    changed = client.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def _change_everything(client: FlaskClient, as_: As) -> None:
    """Change the house and the organisation that provides it."""
    headers = as_(Role.OPERATOR)
    house = body_of(client, f"{SERVICES}/{HOUSE.id}", headers)
    rules = {"rule": {"fact": "age", "over": 18}}
    response = body_of(client, f"/api/v1/organisations/{RESPONSE.id}", headers)
    for path, body in (
        (f"{SERVICES}/{HOUSE.id}", house | {"eligibility": rules}),
        (f"/api/v1/organisations/{RESPONSE.id}", response | {"name": "Response Oxford"}),
    ):
        answer = client.put(path, json=body, headers=headers | {"If-Match": '"1"'})
        assert answer.status_code == 200
