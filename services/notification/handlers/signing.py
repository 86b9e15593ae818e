"""Sign what a webhook carries, after Standard Webhooks, and check what a receiver says it got."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import floor
from typing import Final
from uuid import UUID

import orjson
from standardwebhooks.webhooks import Webhook

from services.notification.domain.endpoints import Endpoint
from services.notification.handlers.endpoints import own
from services.notification.storage.endpoints import Secrets
from services.notification.storage.store import Work
from services.notification.storage.vault import unseal

AGENT: Final = "Onward-Webhooks/1 (+https://www.standardwebhooks.com)"
TOLERANCE: Final = timedelta(minutes=5)
"""How far a message's time may be from the receiver's (Standard Webhooks)."""


class Fit(StrEnum):
    """What a signature was made with, or why none fits."""

    CURRENT = "current"
    OLD = "old"
    """The secret before the last rotation, which signs too for a while."""
    REWRITTEN = "rewritten"
    """Only once the body is written without spaces: it was parsed and written anew on its way."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a receiver got: three headers and the body."""

    id: str
    timestamp: str
    signatures: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How a message fits, and whether its time alone would have a receiver refuse it."""

    fit: Fit
    late: bool


def signed_headers(
    id_: UUID, body: bytes, live: Sequence[bytes], *, at: datetime
) -> dict[str, str]:
    """Return the headers of Standard Webhooks: one signature per live secret, the newest first.

    The id is the event's, so that a receiver knows an event again whichever attempt or replay brings it.
    """
    text = body.decode()
    signatures = [Webhook(secret).sign(str(id_), at, text) for secret in live]
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": str(id_),
        "webhook-timestamp": str(floor(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def live_secrets(
    endpoint: Endpoint, sealed: Secrets, *, secret_key: str, now: datetime
) -> list[bytes]:
    """Return the secrets that sign now, the newest first."""
    live = [sealed.current]
    until = endpoint.old_signs_until
    if sealed.old and until and now < until:
        live.append(sealed.old)
    return [
        unseal(secret_key, secret, organisation=endpoint.organisation, endpoint=endpoint.id)
        for secret in live
    ]


def check(
    uow: Work, id_: UUID, received: Received, *, secret_key: str, real_time: datetime
) -> Checked:
    """Return how *received* fits the secrets of the actor's own endpoint.

    Raises `NotFoundError`, and `ConflictError` while the endpoint is switched off.
    """
    endpoint = own(uow, id_)
    endpoint.require_enabled()
    found = uow.store.endpoints.secrets(id_)
    live = live_secrets(*found, secret_key=secret_key, now=uow.now) if found else []
    at = _moment(received.timestamp)
    late = at is None or abs(real_time - at) > TOLERANCE
    for body, kinds in _bodies(received.body):
        for secret, fit in zip(live, kinds, strict=False):
            if at and _fits(Webhook(secret).sign(received.id, at, body), received.signatures):
                return Checked(fit=fit, late=late)
    return Checked(fit=Fit.NONE, late=late)


def _bodies(body: str) -> list[tuple[str, tuple[Fit, Fit]]]:
    """Return *body* as it may have been signed: forms and editors add an end of line."""
    bodies = [(body.strip(), (Fit.CURRENT, Fit.OLD))]
    try:
        compact = orjson.dumps(orjson.loads(body)).decode()
    except orjson.JSONDecodeError:
        return bodies
    return [*bodies, (compact, (Fit.REWRITTEN, Fit.REWRITTEN))]


def _fits(signature: str, given: str) -> bool:
    return any(hmac.compare_digest(signature.encode(), one.encode()) for one in given.split())


def _moment(timestamp: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
