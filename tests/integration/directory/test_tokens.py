"""The token endpoint: who gets an access token, and how everybody else is answered."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from onward.clock import ManualClock
from onward.identity import Role
from onward.service import RunningService
from onward.web.tokens import read_access_token
from services.directory.handlers import entries, partners
from tests.integration.directory.world import OPERATOR, WARD

TOKEN = "/api/v1/oauth/token"
AUDIENCE = "http://127.0.0.1:8080" + TOKEN
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT = {"grant_type": "client_credentials"}
KEYS: dict[str, ECKey | RSAKey] = {
    "ES384": ECKey.generate_key("P-384", parameters={"kid": "ec"}),
    "RS384": RSAKey.generate_key(2048, parameters={"kid": "rsa"}),
}


@pytest.fixture
def registered(running: RunningService) -> partners.Registered:
    with running.database.transaction(actor=OPERATOR) as uow:
        return partners.register(uow, organisation_id=WARD.id, name="Ward record", live=False)


@pytest.fixture
def signer(running: RunningService) -> str:
    """Register a system with keys of its own; return its client id."""
    keys = {"keys": [key.as_dict(private=False) for key in KEYS.values()]}
    with running.database.transaction(actor=OPERATOR) as uow:
        made = partners.register(
            uow, organisation_id=WARD.id, name="Housing", live=True, jwks=keys
        )
    return made.system.client_id


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Return the header as RFC 6749 wants it: each part form-encoded first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def ask(client: FlaskClient, **form: str) -> TestResponse:
    return client.post(TOKEN, data={**GRANT, **form})


def test_basic_credentials_buy_a_token_of_300_seconds(
    client: FlaskClient, registered: partners.Registered, running: RunningService
) -> None:
    answer = client.post(
        TOKEN, data=GRANT, headers=basic(registered.system.client_id, registered.secret or "")
    )

    told = answer.json or {}
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 300)
    assert answer.headers["Cache-Control"] == "no-store"
    now = running.clock.now()
    actor = read_access_token(running.settings, told["access_token"], at=now)
    assert (actor.organisation, actor.role) == (WARD.id, Role.PARTNER_SYSTEM)
    assert actor.principal == f"system:{registered.system.client_id}"


def test_a_token_opens_the_api(client: FlaskClient, registered: partners.Registered) -> None:
    answer = ask(
        client, client_id=registered.system.client_id, client_secret=registered.secret or ""
    )

    token = (answer.json or {})["access_token"]
    listed = client.get("/api/v1/services", headers={"Authorization": f"Bearer {token}"})
    assert listed.status_code == 200


def test_a_wrong_secret_and_an_unknown_client_are_answered_alike(
    client: FlaskClient, registered: partners.Registered
) -> None:
    wrong = client.post(TOKEN, data=GRANT, headers=basic(registered.system.client_id, "guess"))
    unknown = client.post(TOKEN, data=GRANT, headers=basic("test-nobody", "guess"))

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json
    assert (wrong.json or {})["error"] == "invalid_client"
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("form", "headers", "error"),
    [
        ({}, {}, "invalid_request"),
        ({"grant_type": "password"}, {}, "unsupported_grant_type"),
        (GRANT, {}, "invalid_client"),
        (GRANT | {"client_secret": "x"}, basic("a", "b"), "invalid_request"),
        (GRANT | {"scope": "everything"}, basic("a", "b"), "invalid_scope"),
        (GRANT, {"Authorization": "Basic %%%"}, "invalid_client"),
        (GRANT, basic("a\0b", "c"), "invalid_client"),
        ({"grant_type": ["client_credentials", "password"]}, {}, "invalid_request"),
        (GRANT | {"client_assertion": "a.b.c"}, {}, "invalid_request"),
        (
            GRANT | {"client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE},
            {},
            "invalid_client",
        ),
    ],
)
def test_each_wrong_request_has_its_own_oauth_error(
    client: FlaskClient, form: dict[str, Any], headers: dict[str, str], error: str
) -> None:
    answer = client.post(TOKEN, data=form, headers=headers)

    assert (answer.json or {})["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


def test_a_closed_system_or_organisation_gets_no_token(
    client: FlaskClient, registered: partners.Registered, running: RunningService
) -> None:
    with running.database.transaction(actor=OPERATOR) as uow:
        partners.close_system(uow, registered.system.client_id)
        other = partners.register(uow, organisation_id=WARD.id, name="Other", live=False)
    closed = {"client_id": registered.system.client_id, "client_secret": registered.secret or ""}
    assert ask(client, **closed).status_code == 401

    still = {"client_id": other.system.client_id, "client_secret": other.secret or ""}
    assert ask(client, **still).status_code == 200
    with running.database.transaction(actor=OPERATOR) as uow:
        left = {name: getattr(WARD, name) for name in WARD.__slots__} | {"active": False}
        entries.change_organisation(uow, type(WARD)(**left))
    assert ask(client, **still).status_code == 401


def signed(client_id: str, clock: ManualClock, *, alg: str = "ES384", **change: Any) -> str:
    """Return an assertion that is right but for *change*."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": AUDIENCE,
        "jti": "once",
        "exp": int((clock.now() + timedelta(minutes=4)).timestamp()),
    }
    claims = {name: value for name, value in (claims | change).items() if value is not None}
    key = KEYS["ES384" if alg.startswith("ES") else "RS384"]
    header = {"alg": alg, "kid": key.kid, "typ": "JWT"}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[alg])


def prove(client: FlaskClient, assertion: str) -> int:
    form = {"client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE}
    return ask(client, **form).status_code


@pytest.mark.parametrize("alg", ["ES384", "RS384", "RS512"])
def test_a_signed_assertion_buys_a_token(
    client: FlaskClient, signer: str, clock: ManualClock, alg: str
) -> None:
    assert prove(client, signed(signer, clock, alg=alg)) == 200


def test_an_assertion_works_once(client: FlaskClient, signer: str, clock: ManualClock) -> None:
    assertion = signed(signer, clock)

    assert [prove(client, assertion), prove(client, assertion)] == [200, 401]


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "http://elsewhere.example/token"},
        {"iss": "somebody-else"},
        {"jti": None},
        {"jti": "\ud800"},
        {"sub": "\ud800", "iss": "\ud800"},
        {"exp": None},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"exp": "soon"},
    ],
    ids=[
        "audience",
        "issuer",
        "no-id",
        "half-a-character-as-id",
        "half-a-character-as-name",
        "no-end",
        "expired",
        "too-long",
        "no-number",
    ],
)
def test_an_assertion_that_is_not_quite_right_buys_nothing(
    client: FlaskClient, signer: str, clock: ManualClock, change: dict[str, Any]
) -> None:
    assert prove(client, signed(signer, clock, **change)) == 401


def test_another_algorithm_or_another_key_buys_nothing(
    client: FlaskClient, signer: str, clock: ManualClock
) -> None:
    assert prove(client, signed(signer, clock, alg="RS256")) == 401
    stranger = ECKey.generate_key("P-384")
    claims = {"iss": signer, "sub": signer, "aud": AUDIENCE, "jti": "x", "exp": 4_000_000_000}
    forged = jwt.encode({"alg": "ES384"}, claims, stranger, algorithms=["ES384"])
    assert prove(client, forged) == 401


def test_who_guesses_from_one_address_has_to_wait_and_the_others_have_not(
    client: FlaskClient, registered: partners.Registered, clock: ManualClock
) -> None:
    client_id = registered.system.client_id
    for _ in range(50):
        client.post(TOKEN, data=GRANT, headers=basic(client_id, "guess"))

    right = basic(client_id, registered.secret or "")
    slowed = client.post(TOKEN, data=GRANT, headers=right)
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 900
    elsewhere = client.post(
        TOKEN, data=GRANT, headers=right, environ_base={"REMOTE_ADDR": "10.9.9.9"}
    )
    assert elsewhere.status_code == 200
    clock.advance(timedelta(minutes=16))
    assert client.post(TOKEN, data=GRANT, headers=right).status_code == 200
