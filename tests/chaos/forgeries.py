"""Access tokens that prove nobody: every way in which one can be forged, stolen or worn out."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from onward.identity import Actor
from onward.settings import Settings
from onward.web.keys import derived_key
from onward.web.sessions import begin_session
from onward.web.tokens import issue_access_token, issue_session

KIND = "at+jwt"
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def forgeries(
    settings: Settings, actor: Actor, public_key: str, *, at: datetime
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each token, and the token; *public_key* is one anybody can read."""
    claims = claims_of(settings, actor, at)
    yield from _without_a_signature(claims)
    yield from _by_other_keys(settings, claims, public_key)
    yield from _with_wrong_claims(settings, claims, at)
    yield from _changed_afterwards(issue_access_token(settings, actor, at=at))
    session = begin_session(actor, at=at)
    yield "a session's cookie", issue_session(settings, session)
    for text in ("", "null", "undefined", "a.b.c", "..", "Bearer x", "x" * 5_000, "{}", "\u00ff"):
        yield f"rubbish {text[:8]!r}", text


def claims_of(settings: Settings, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return the claims of a good token."""
    return {
        "iss": settings.public_url,
        "aud": settings.public_url,
        "sub": actor.principal,
        "org": str(actor.organisation),
        "role": actor.role.value,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(minutes=4)).timestamp()),
        "jti": str(uuid4()),
    }


def signed(header: dict[str, Any], claims: Any, key: bytes) -> str:
    """Return a token of any header, signed by HMAC."""
    body = f"{_part(header)}.{_part(claims)}"
    digest = hmac.digest(key, body.encode(), DIGESTS.get(str(header.get("alg")), hashlib.sha256))
    return f"{body}.{_base64(digest)}"


def _without_a_signature(claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for alg in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {alg!r}", f"{_part({'alg': alg, 'typ': KIND})}.{_part(claims)}."
    yield "no signature", f"{_part({'alg': 'HS256', 'typ': KIND})}.{_part(claims)}."
    yield "no alg", f"{_part({'typ': KIND})}.{_part(claims)}."


def _by_other_keys(
    settings: Settings, claims: dict[str, Any], public_key: str
) -> Iterator[tuple[str, str]]:
    usual = {"alg": "HS256", "typ": KIND}
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = own.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    keys = {
        "the public key as a secret": public_key.encode(),
        "a public key of the forger's as a secret": pem,
        "the secret itself": settings.secret_key.encode(),
        "the key of sessions": derived_key(settings.secret_key, "onward-session+jwt"),
        "another installation's secret": derived_key("another-secret-" * 3, KIND),
        "a short key": b"0",
    }
    for name, key in keys.items():
        yield f"signed by {name}", signed(usual, claims, key)
    where = {
        "kid": "../../dev/null",
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/x",
    }
    numbers = own.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    headers: dict[str, dict[str, Any]] = {
        **{f"{key} {value}": {key: value} for key, value in where.items()},
        "kid with SQL": {"kid": "' UNION SELECT 'x"},
        "its own key": {"jwk": jwk},
    }
    for name, more in headers.items():
        yield f"RS256 with {name}", _rs256({"alg": "RS256", "typ": KIND, **more}, claims, own)
        yield f"HS256 with {name}", signed({**usual, **more}, claims, b"\0" * 32)
    right = derived_key(settings.secret_key, KIND)
    for alg in ("HS384", "HS512"):
        yield f"the right key by {alg}", signed({"alg": alg, "typ": KIND}, claims, right)
    for typ in ("JWT", "onward-session+jwt", "AT+JWT ", None):
        yield f"typ {typ}", signed({"alg": "HS256", "typ": typ}, claims, right)
    yield "a critical header", signed({**usual, "crit": ["b64"], "b64": False}, claims, right)


def _with_wrong_claims(
    settings: Settings, claims: dict[str, Any], at: datetime
) -> Iterator[tuple[str, str]]:
    now = int(at.timestamp())
    key = derived_key(settings.secret_key, KIND)
    wrong: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "https://other.example"},
        "two audiences": {"aud": [settings.public_url, "https://other.example"]},
        "another issuer": {"iss": "https://evil.example"},
        "expired": {"iat": now - 400, "exp": now - 100},
        "expired this second": {"iat": now - 200, "exp": now},
        "from the future": {"iat": now + 100, "exp": now + 300},
        "for ever": {"exp": now + 10**9},
        "longer than it may": {"exp": now + 301},
        "an end in words": {"exp": "never"},
        "an end that is true": {"exp": True},
        "no end": {"exp": None},
        "an end beyond numbers": {"exp": 1e400},
        "an unknown role": {"role": "root"},
        "a list of roles": {"role": ["operator"]},
        "no role": {"role": None},
        "an organisation that is no id": {"org": "' OR 1=1 --"},
        "an organisation that is a number": {"org": 1},
    }
    for name, changes in wrong.items():
        yield name, signed({"alg": "HS256", "typ": KIND}, claims | changes, key)
    for name in ("iss", "aud", "iat", "exp", "role", "sub", "org"):
        left = {key_: value for key_, value in claims.items() if key_ != name}
        yield f"without {name}", signed({"alg": "HS256", "typ": KIND}, left, key)
    others: dict[str, Any] = {"a list": [], "a text": "x", "nothing": None}
    for name, said in others.items():
        yield f"claims that are {name}", signed({"alg": "HS256", "typ": KIND}, said, key)


def _changed_afterwards(good: str) -> Iterator[tuple[str, str]]:
    header, claims, signature = good.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    yield "another role afterwards", f"{header}.{_part(told | {'role': 'operator'})}.{signature}"
    yield (
        "another organisation afterwards",
        f"{header}.{_part(told | {'org': str(uuid4())})}.{signature}",
    )
    flipped = ("A" if signature[3] != "A" else "B").join((signature[:3], signature[4:]))
    yield "one character of the signature", f"{header}.{claims}.{flipped}"
    yield "half the signature", f"{header}.{claims}.{signature[:20]}"
    yield "a part too many", f"{good}.x"
    yield "a part too few", f"{header}.{claims}"
    whole = {"payload": claims, "protected": header, "signature": signature}
    yield "in the other serialisation", json.dumps(whole)


def _rs256(header: dict[str, Any], claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    body = f"{_part(header)}.{_part(claims)}"
    return f"{body}.{_base64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _part(said: Any) -> str:
    return _base64(json.dumps(said).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
