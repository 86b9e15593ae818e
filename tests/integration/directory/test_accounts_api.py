"""Workers' and systems' accounts: who may open them, and secrets that are told once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from onward import tables
from onward.contracts.directory import AccountChanged, SessionEnded
from onward.identity import Role
from onward.service import RunningService
from services.directory.handlers import accounts
from tests.integration.directory.conftest import As
from tests.integration.directory.world import OPERATOR, RESPONSE, WARD

Told = Callable[[type[Any]], list[Any]]
WORKERS, PARTNERS = "/api/v1/workers", "/api/v1/partners"


def kim(**change: Any) -> dict[str, Any]:
    return {
        "organisation_id": str(RESPONSE.id),
        "username": "kim",
        "display_name": "Kim",
        "role": "caseworker",
    } | change


def system(**change: Any) -> dict[str, Any]:
    return {"organisation_id": str(WARD.id), "name": "Ward record"} | change


def test_a_team_lead_opens_an_account_and_is_told_its_password_once(
    client: FlaskClient, as_: As
) -> None:
    made = client.post(WORKERS, json=kim(), headers=as_(Role.TEAM_LEAD)).json or {}

    assert len(made["password"]) >= 20
    listed = client.get(WORKERS, headers=as_(Role.TEAM_LEAD)).json or []
    assert [set(one) & {"password", "password_hash"} for one in listed] == [set()]
    assert [one["username"] for one in listed] == ["kim"]


@pytest.mark.parametrize(
    ("role", "organisation", "change", "code"),
    [
        (Role.TEAM_LEAD, WARD.id, {}, "other-organisation"),
        (Role.TEAM_LEAD, RESPONSE.id, {"role": "operator"}, "role-not-yours-to-give"),
        (Role.TEAM_LEAD, RESPONSE.id, {"role": "auditor"}, "role-not-yours-to-give"),
        (Role.CASEWORKER, RESPONSE.id, {}, "wrong-role"),
        (Role.OPERATOR, WARD.id, {"role": "service"}, "invalid"),
        (Role.OPERATOR, WARD.id, {"username": "Kim Lee"}, "invalid"),
        (Role.OPERATOR, WARD.id, {"organisation_id": str(UUID(int=99))}, "invalid"),
    ],
)
def test_an_account_nobody_may_open_is_refused(
    client: FlaskClient, as_: As, role: Role, organisation: UUID, change: dict[str, str], code: str
) -> None:
    refused = client.post(WORKERS, json=kim(**change), headers=as_(role, organisation))

    assert (refused.json or {})["code"] == code


def test_a_username_is_given_once(client: FlaskClient, as_: As) -> None:
    client.post(WORKERS, json=kim(), headers=as_(Role.OPERATOR))

    refused = client.post(WORKERS, json=kim(), headers=as_(Role.OPERATOR))

    assert (refused.json or {})["code"] == "username-taken"


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [(WORKERS, kim(), "password"), (PARTNERS, system(), "client_secret")],
)
def test_a_repeated_request_tells_no_secret_and_none_is_kept(
    client: FlaskClient,
    as_: As,
    running: RunningService,
    path: str,
    body: dict[str, Any],
    secret: str,
) -> None:
    headers = as_(Role.OPERATOR, **{"Idempotency-Key": "once"})
    first = client.post(path, json=body, headers=headers).json or {}
    again = client.post(path, json=body, headers=headers)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json or {}) == first | {secret: None}
    with running.engine.connect() as connection:
        (kept,) = connection.scalars(sa.select(tables.idempotency.c.body))
    assert first[secret].encode() not in bytes(kept)


def test_closing_an_account_ends_its_sessions_everywhere(
    client: FlaskClient, as_: As, running: RunningService, told: Told
) -> None:
    made = client.post(WORKERS, json=kim(), headers=as_(Role.TEAM_LEAD)).json or {}
    with running.database.transaction(actor=OPERATOR) as uow:
        worker = uow.store.accounts.worker(UUID(made["id"]))
        session = accounts.begin_sign_in(uow, worker)

    closed = client.post(
        f"{WORKERS}/{made['id']}/close", headers=as_(Role.TEAM_LEAD, **{"If-Match": '"1"'})
    )

    assert (closed.json or {})["active"] is False
    assert [(one.principal, one.change) for one in told(AccountChanged)] == [
        (f"worker:{made['id']}", "opened"),
        (f"worker:{made['id']}", "closed"),
    ]
    assert [event.session_id for event in told(SessionEnded)] == [session.id]


def test_a_team_lead_closes_nobody_elses_account(client: FlaskClient, as_: As) -> None:
    made = client.post(WORKERS, json=kim(), headers=as_(Role.TEAM_LEAD)).json or {}

    refused = client.post(
        f"{WORKERS}/{made['id']}/close",
        headers=as_(Role.TEAM_LEAD, WARD.id, **{"If-Match": '"1"'}),
    )

    assert refused.status_code == 403


def test_an_operator_registers_a_system_whose_key_says_test_or_live(
    client: FlaskClient, as_: As
) -> None:
    test = client.post(PARTNERS, json=system(), headers=as_(Role.OPERATOR)).json or {}
    live = client.post(PARTNERS, json=system(live=True), headers=as_(Role.OPERATOR)).json or {}

    assert test["client_id"].startswith("test-")
    assert live["client_secret"].startswith("live-secret-")
    listed = client.get(PARTNERS, headers=as_(Role.OPERATOR)).json or []
    assert {one["client_id"] for one in listed} == {test["client_id"], live["client_id"]}
    assert client.get(PARTNERS, headers=as_(Role.TEAM_LEAD)).status_code == 403


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-384").as_dict(private=True),
        ECKey.generate_key("P-256").as_dict(private=False),
        {"kty": "RSA", "n": "v" * 171, "e": "AQAB"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        "key",
    ],
    ids=["private", "weak-curve", "short-rsa", "shared-secret", "empty", "text"],
)
def test_only_strong_public_keys_are_registered(client: FlaskClient, as_: As, key: Any) -> None:
    refused = client.post(PARTNERS, json=system(jwks={"keys": [key]}), headers=as_(Role.OPERATOR))

    assert refused.status_code == 422
    assert "/jwks" in refused.get_data(as_text=True)


def test_another_role_ends_the_sessions_and_is_told(
    client: FlaskClient, as_: As, running: RunningService, told: Told
) -> None:
    lead = as_(Role.TEAM_LEAD)
    made = client.post(WORKERS, json=kim(), headers=lead).json or {}
    with running.database.transaction(actor=OPERATOR) as uow:
        worker = uow.store.accounts.worker(UUID(made["id"]))
        session = accounts.begin_sign_in(uow, worker)
    path, first = f"{WORKERS}/{made['id']}/role", lead | {"If-Match": '"1"'}
    given = client.post(path, json={"role": "team_lead"}, headers=first)
    assert (given.status_code, (given.json or {})["role"]) == (200, "team_lead")
    assert [event.change for event in told(AccountChanged)] == ["opened", "changed"]
    assert told(AccountChanged)[1].role == "team_lead"
    assert [event.session_id for event in told(SessionEnded)] == [session.id]
    again = client.post(path, json={"role": "editor"}, headers=first)
    assert again.status_code == 412
    beyond = client.post(path, json={"role": "operator"}, headers=lead | {"If-Match": '"2"'})
    assert (beyond.json or {})["code"] == "role-not-yours-to-give"
    client.post(f"{WORKERS}/{made['id']}/close", headers=lead | {"If-Match": '"2"'})
    closed = client.post(path, json={"role": "editor"}, headers=lead | {"If-Match": '"3"'})
    assert (closed.status_code, (closed.json or {})["code"]) == (409, "account-closed")
