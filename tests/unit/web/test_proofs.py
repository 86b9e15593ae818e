"""Tokens, passwords, allowances: what proves who asks, and how much they may ask for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from onward.errors import UnauthenticatedError
from onward.identity import Actor, Role
from onward.web.allowance import FORGET_ABOVE, Allowance
from onward.web.keys import derived_key
from onward.web.pages import safe_next
from onward.web.passwords import check_password, generate_password, hash_password
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session, read_access_token, read_session
from tests.support.settings import rehearsal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACTOR = Actor(
    principal="system:crm",
    organisation=UUID("00000000-0000-4000-8000-000000000001"),
    role=Role.PARTNER_SYSTEM,
)
SETTINGS = rehearsal("directory", public_url="https://onward.example")


def test_a_token_proves_its_actor_to_every_service_until_it_expires() -> None:
    token = issue_access_token(SETTINGS, ACTOR, at=NOON)
    other_service = replace(SETTINGS, service="audit")

    assert read_access_token(other_service, token, at=NOON + timedelta(seconds=299)) == ACTOR
    with pytest.raises(UnauthenticatedError, match="token-expired"):
        read_access_token(SETTINGS, token, at=NOON + timedelta(seconds=300))


def test_a_token_for_another_installation_or_by_another_key_proves_nothing() -> None:
    token = issue_access_token(SETTINGS, ACTOR, at=NOON)
    elsewhere = replace(SETTINGS, public_url="https://other.example")
    rekeyed = replace(SETTINGS, secret_key="another-secret-" * 3)

    for settings in (elsewhere, rekeyed):
        with pytest.raises(UnauthenticatedError, match="token-invalid"):
            read_access_token(settings, token, at=NOON)


def forged(**changes: object) -> str:
    """Return a token signed with the right key whose claims were not ours to make."""
    issued = int(NOON.timestamp())
    claims = {
        "iss": SETTINGS.public_url,
        "aud": SETTINGS.public_url,
        "sub": "system:crm",
        "org": None,
        "role": "operator",
        "iat": issued,
        "exp": issued + 300,
        **changes,
    }
    key = OctKey.import_key(derived_key(SETTINGS.secret_key, "at+jwt"))
    return jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, key)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://other.example"}, "wrong-audience"),
        ({"exp": int(NOON.timestamp()) + 3600}, "token-invalid"),
        ({"exp": None}, "token-invalid"),
        (
            {"iat": int(NOON.timestamp()) + 3600, "exp": int(NOON.timestamp()) + 3700},
            "token-invalid",
        ),
        ({"role": "emperor"}, "token-invalid"),
        ({"org": "not-a-uuid"}, "token-invalid"),
    ],
)
def test_claims_that_cannot_be_are_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(UnauthenticatedError, match=code):
        read_access_token(SETTINGS, forged(**changes), at=NOON)


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "x" * 5000, "e30.e30."])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError, match="token-invalid"):
        read_access_token(SETTINGS, token, at=NOON)


def test_a_token_without_a_signature_is_refused() -> None:
    head, claims, _ = issue_access_token(SETTINGS, ACTOR, at=NOON).split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"  # {"alg":"none","typ":"at+jwt"}

    for token in (f"{none}.{claims}.", f"{head}.{claims}."):
        with pytest.raises(UnauthenticatedError, match="token-invalid"):
            read_access_token(SETTINGS, token, at=NOON)


def test_nobody_can_issue_a_token_that_lives_longer() -> None:
    with pytest.raises(ValueError, match="300"):
        issue_access_token(SETTINGS, ACTOR, at=NOON, lifetime=timedelta(seconds=301))


def test_a_session_comes_back_as_it_was() -> None:
    session = begin_session(ACTOR, at=NOON, label="Kim, Response")

    assert read_session(SETTINGS, issue_session(SETTINGS, session), at=NOON) == session


def test_a_password_is_known_again_and_no_other_is() -> None:
    password = generate_password()
    stored = hash_password(password)

    assert password not in stored
    assert check_password(stored, password)
    assert not check_password(stored, password + "x")
    assert not check_password(None, password)
    assert not check_password("not a hash", password)
    assert not check_password(stored, "x" * 10_000)
    assert generate_password() != password


def test_an_allowance_gives_a_burst_and_then_the_rate() -> None:
    now = [0.0]
    allowance = Allowance(per_second=10, burst=50, timer=lambda: now[0])

    assert [allowance.take("a") for _ in range(50)] == [0.0] * 50
    assert allowance.take("a") == pytest.approx(0.1)
    assert allowance.take("b") == 0.0
    now[0] = 0.1
    assert allowance.take("a") == 0.0
    assert allowance.take("a") > 0
    now[0] = 1000.0
    assert [allowance.take("a") for _ in range(51)].count(0.0) == 50


def test_an_allowance_forgets_those_it_owes_nothing() -> None:
    now = [0.0]
    allowance = Allowance(per_second=10, burst=2, timer=lambda: now[0])
    for number in range(2 * FORGET_ABOVE):
        now[0] += 0.001
        allowance.take(str(number))

    assert len(allowance._buckets) <= FORGET_ABOVE + 1


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        None,
        "/a\r\nSet-Cookie: x=1",
        "\\\\evil.example",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(address: str | None) -> None:
    assert safe_next(address) == "/"


def test_somebody_is_sent_back_where_they_were() -> None:
    assert safe_next("/inbox?filter=mine") == "/inbox?filter=mine"
