"""Tokens in addresses: one stops a worker's digest, another reads their calendar, and neither does more."""

from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from onward.errors import NotFoundError
from onward.web.keys import derived_key

_PURPOSE: Final = "notification unsubscribe"
_CALENDAR: Final = "notification calendar"


def unsubscribe_token(secret_key: str, principal: str) -> str:
    """Return the token for *principal*; it does not expire, as e-mails are kept for years."""
    return _serializer(secret_key).dumps(principal)


def principal_of(secret_key: str, token: str) -> str:
    """Return whom *token* is for. Raises `NotFoundError` for one that is not ours."""
    try:
        return str(_serializer(secret_key).loads(token))
    except BadSignature:
        raise NotFoundError("digest") from None


def calendar_token(secret_key: str, principal: str, number: int) -> str:
    """Return what leads to a worker's calendar, as long as *number* is its newest."""
    return _serializer(secret_key, _CALENDAR).dumps([principal, number])


def calendar_of(secret_key: str, token: str) -> tuple[str, int]:
    """Return whose calendar it is, and which of its addresses. Raises `NotFoundError`."""
    try:
        principal, number = _serializer(secret_key, _CALENDAR).loads(token)
    except BadSignature:
        raise NotFoundError("calendar") from None
    return str(principal), int(number)


def _serializer(secret_key: str, purpose: str = _PURPOSE) -> URLSafeSerializer:
    return URLSafeSerializer(derived_key(secret_key, purpose))
