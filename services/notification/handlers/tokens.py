"""The token in a digest's links: whoever holds it may stop the digest of one worker, and nothing else."""

from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from onward.errors import NotFoundError
from onward.web.keys import derived_key

_PURPOSE: Final = "notification unsubscribe"


def unsubscribe_token(secret_key: str, principal: str) -> str:
    """Return the token for *principal*; it does not expire, as e-mails are kept for years."""
    return _serializer(secret_key).dumps(principal)


def principal_of(secret_key: str, token: str) -> str:
    """Return whom *token* is for. Raises `NotFoundError` for one that is not ours."""
    try:
        return str(_serializer(secret_key).loads(token))
    except BadSignature:
        raise NotFoundError("digest") from None


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(derived_key(secret_key, _PURPOSE))
