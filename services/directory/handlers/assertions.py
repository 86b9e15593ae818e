"""Check a signed client assertion (``private_key_jwt``, RFC 7523; figures of SMART Backend Services)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from services.directory.domain.checks import invalid

ALGORITHMS: Final = ("RS384", "ES384", "RS512")
LONGEST_LIFE: Final = timedelta(minutes=5)
SKEW: Final = timedelta(seconds=30)
"""How far a partner's clock may run ahead of ours."""
MOST_KEYS: Final = 10
RSA_BITS: Final = range(2048, 8193)
"""Smaller keys can be broken, larger ones make us work."""
_MODULUS: Final = range(342, 1368)
"""Characters of such a key's modulus in base64url: looked at before anything is computed."""
LONGEST_ID: Final = 255
LONGEST: Final = 8192
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What an assertion proves, beside whose it is."""

    jti: str
    """Its id: it may be used once."""
    expires_at: datetime


def require_public_keys(jwks: object) -> None:
    """Raise `InvalidError` unless *jwks* is a set of 1 to 10 public keys, RSA (2048+) or P-384."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        raise invalid("/jwks", "Send a JSON Web Key Set with 1 to 10 keys.")
    for key in keys:
        if not isinstance(key, dict) or _PRIVATE & key.keys():
            raise invalid("/jwks/keys", "Send public keys only, and make new ones: these leaked.")
        if not _is_strong(key):
            raise invalid("/jwks/keys", "Use RSA keys of 2048 bits or more, or P-384 keys.")


def claimed_client(assertion: str) -> str | None:
    """Return which client *assertion* claims to be of, not yet proved; None when unreadable."""
    if len(assertion) > LONGEST:
        return None
    try:
        claims = json.loads(jws.extract_compact(assertion.encode()).payload or b"")
    except (JoseError, ValueError):
        return None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) and subject.isprintable() else None


def verify(
    assertion: str, jwks: Any, *, client_id: str, audience: str, at: datetime
) -> Proved | None:
    """Return what *assertion* proves, or None unless all of it holds.

    One of the keys in *jwks* signed it, for *audience*, as issuer and subject *client_id*, with an
    id, and it expires within five minutes of *at*.
    """
    claims = _signed_claims(assertion, jwks)
    if claims is None or not claims.get("iss") == claims.get("sub") == client_id:
        return None
    if audience not in _audiences(claims):
        return None
    jti, expires = claims.get("jti"), claims.get("exp")
    if not _is_id(jti) or type(expires) is not int:
        return None
    if not at.timestamp() < expires <= (at + LONGEST_LIFE + SKEW).timestamp():
        return None
    return Proved(jti=jti, expires_at=datetime.fromtimestamp(expires, UTC))


def _signed_claims(assertion: str, jwks: Any) -> dict[str, Any] | None:
    """Return the claims that one of the keys signed; a key the header names is tried alone."""
    try:
        named = jws.extract_compact(assertion.encode()).headers().get("kid")
    except (JoseError, ValueError):
        return None
    for key in jwks["keys"]:
        if named is not None and key.get("kid") != named:
            continue
        try:
            token = jwt.decode(assertion, _imported(key), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError):
            continue
        return token.claims
    return None


def _is_id(jti: object) -> TypeGuard[str]:
    return isinstance(jti, str) and 1 <= len(jti) <= LONGEST_ID and jti.isprintable()


def _audiences(claims: dict[str, Any]) -> list[Any]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _is_strong(key: dict[str, Any]) -> bool:
    if key.get("kty") == "RSA" and len(str(key.get("n"))) not in _MODULUS:
        return False
    try:
        imported = _imported(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    if isinstance(imported, RSAKey):
        return imported.public_key.key_size in RSA_BITS
    return imported.curve_name == "P-384"


def _imported(key: dict[str, Any]) -> RSAKey | ECKey:
    if key.get("kty") == "RSA":
        return RSAKey.import_key(key)
    return ECKey.import_key(key)
