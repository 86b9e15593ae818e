"""Signed proof of who asks: access tokens for systems, session tokens for browsers.

Both are JSON Web Tokens under different derived keys and different ``typ`` headers, so that
neither can be used for the other.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from onward.errors import UnauthenticatedError
from onward.identity import Actor, Role
from onward.settings import Settings
from onward.web.keys import derived_key
from onward.web.sessions import ABSOLUTE, IDLE, Session, Team

ACCESS_LIFETIME: Final = timedelta(seconds=300)
"""Longest life of an access token (SMART Backend Services asks for 300 s at most)."""
SKEW: Final = timedelta(seconds=30)
"""How far another machine's clock may run ahead of ours."""
_ALGORITHM: Final = "HS256"
_ACCESS: Final = "at+jwt"
_SESSION: Final = "onward-session+jwt"
_LONGEST: Final = 4096
_INVALID: Final = ("token-invalid", "The access token cannot be verified: ask for a new one.")


def issue_access_token(
    settings: Settings, actor: Actor, *, at: datetime, lifetime: timedelta = ACCESS_LIFETIME
) -> str:
    """Return a bearer token that proves *actor* to every service for *lifetime*, 300 s at most."""
    if lifetime > ACCESS_LIFETIME:
        raise ValueError("an access token lives 300 seconds at most")
    return _signed(
        settings, _ACCESS, actor, issued=at, expires=at + lifetime, claims={"jti": str(uuid4())}
    )


def read_access_token(settings: Settings, token: str, *, at: datetime) -> Actor:
    """Return whom *token* proves.

    Raises `UnauthenticatedError` with ``token-expired``, ``wrong-audience`` or ``token-invalid``.
    """
    claims = _verified(settings, _ACCESS, token, at=at)
    if claims["exp"] - claims["iat"] > ACCESS_LIFETIME.total_seconds():
        raise UnauthenticatedError(*_INVALID)
    return _actor(claims)


def issue_session(settings: Settings, session: Session) -> str:
    """Return the cookie value that proves *session* until it has idled or lived too long."""
    return _signed(
        settings,
        _SESSION,
        session.actor,
        issued=session.seen_at,
        expires=session.expires_at,
        claims={
            "sid": str(session.id),
            "auth_time": int(session.started_at.timestamp()),
            "label": session.label,
            **({"team": [str(session.team.host), session.team.name]} if session.team else {}),
        },
    )


def read_session(settings: Settings, token: str, *, at: datetime) -> Session:
    """Return the session that *token* proves.

    Raises `UnauthenticatedError` with ``session-expired`` after 12 hours, or 15 minutes without a
    request, else with the codes of `read_access_token`.
    """
    try:
        claims = _verified(settings, _SESSION, token, at=at)
    except UnauthenticatedError as error:
        raise _session_expired() if error.code == "token-expired" else error from None
    try:
        session = Session(
            id=UUID(claims["sid"]),
            actor=_actor(claims),
            started_at=datetime.fromtimestamp(claims["auth_time"], UTC),
            seen_at=datetime.fromtimestamp(claims["iat"], UTC),
            label=claims["label"],
            team=_team(claims.get("team")),
        )
    except (KeyError, ValueError, TypeError):
        raise UnauthenticatedError(*_INVALID) from None
    if at >= session.started_at + ABSOLUTE or at >= session.seen_at + IDLE:
        raise _session_expired()
    return session


def _team(claim: Any) -> Team | None:
    if claim is None:
        return None
    host, name = claim
    return Team(host=UUID(host), name=str(name))


def _session_expired() -> UnauthenticatedError:
    return UnauthenticatedError("session-expired", "Your session has ended: sign in again.")


def _signed(
    settings: Settings,
    kind: str,
    actor: Actor,
    *,
    issued: datetime,
    expires: datetime,
    claims: dict[str, Any],
) -> str:
    everything = {
        "iss": settings.public_url,
        "aud": settings.public_url,
        "sub": actor.principal,
        "org": str(actor.organisation) if actor.organisation else None,
        "role": actor.role.value,
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        **claims,
    }
    return jwt.encode(
        {"alg": _ALGORITHM, "typ": kind}, everything, _key(settings.secret_key, kind)
    )


def _verified(settings: Settings, kind: str, token: str, *, at: datetime) -> dict[str, Any]:
    if len(token) > _LONGEST:
        raise UnauthenticatedError(*_INVALID)
    try:
        decoded = _decoded(token, settings.secret_key, kind)
    except (JoseError, ValueError):
        raise UnauthenticatedError(*_INVALID) from None
    claims = decoded.claims
    if decoded.header.get("typ") != kind or claims.get("iss") != settings.public_url:
        raise UnauthenticatedError(*_INVALID)
    if claims.get("aud") != settings.public_url:
        raise UnauthenticatedError(
            "wrong-audience", "This access token was made for another address than this one."
        )
    _require_current(claims, at)
    return claims


@lru_cache(maxsize=1024)
def _decoded(token: str, secret_key: str, kind: str) -> jwt.Token:
    """Return what a signature vouches for, which never changes; whether it is current is another matter."""
    return jwt.decode(token, _key(secret_key, kind), algorithms=[_ALGORITHM])


def _require_current(claims: dict[str, Any], at: datetime) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int) or not isinstance(issued, int):
        raise UnauthenticatedError(*_INVALID)
    if at.timestamp() >= expires:
        raise UnauthenticatedError(
            "token-expired", "The access token has expired: ask for a new one."
        )
    if issued > (at + SKEW).timestamp():
        raise UnauthenticatedError(*_INVALID)


def _actor(claims: dict[str, Any]) -> Actor:
    try:
        organisation = claims["org"]
        return Actor(
            principal=str(claims["sub"]),
            organisation=UUID(organisation) if organisation else None,
            role=Role(claims["role"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise UnauthenticatedError(*_INVALID) from None


@lru_cache
def _key(secret_key: str, kind: str) -> OctKey:
    return OctKey.import_key(derived_key(secret_key, kind))
