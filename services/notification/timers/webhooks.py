"""Send due webhooks: each endpoint in a lane of its own, no transaction open while the other side thinks."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from math import floor
from typing import Final, cast
from uuid import UUID

from standardwebhooks.webhooks import Webhook

from onward.clock import SystemClock
from onward.service import RunningService
from services.notification.domain.endpoints import OLD_SECRET, Endpoint
from services.notification.domain.messages import Message
from services.notification.domain.payload import body_of, links_of
from services.notification.domain.retries import Outcome
from services.notification.handlers.settling import settle
from services.notification.storage.endpoints import Secrets
from services.notification.storage.vault import unseal
from services.notification.timers.lanes import Lanes
from services.notification.timers.pinned import TIMEOUT, Reach, post

BATCH: Final = 20
LEASE: Final = timedelta(seconds=90)
"""After this long another process takes a claimed message: its sender has died."""
PATIENCE: Final = LEASE.total_seconds() - 2 * TIMEOUT
"""A lane begins no further attempt of a batch after this many seconds."""
AGENT: Final = "Onward-Webhooks/1 (+https://www.standardwebhooks.com)"
_LANES: Final = "webhook-lanes"
_REACH: Final = "webhook-reach"

signing_clock = SystemClock()
"""Signatures carry the real time: receivers check it against theirs, which no rehearsal shifts."""


def send_webhooks(running: RunningService) -> None:
    """Give every endpoint with due messages a lane, as far as lanes are free; return at once."""
    lanes = lanes_of(running)
    with running.database.transaction() as uow:
        waiting = uow.store.endpoints.waiting(uow.now, busy=lanes.busy())
    for endpoint_id, failing in waiting:
        lanes.start(endpoint_id, partial(_serve, running, endpoint_id), failing=failing)


def lanes_of(running: RunningService) -> Lanes:
    """Return the lanes of this process."""
    return cast("Lanes", running.extras.setdefault(_LANES, Lanes()))


def reach_of(running: RunningService) -> Reach:
    """Return what webhooks may reach from here."""
    if _REACH not in running.extras:
        running.extras[_REACH] = Reach(allowed=running.settings.webhook_allow)
    return cast("Reach", running.extras[_REACH])


def _serve(running: RunningService, endpoint_id: UUID) -> None:
    """Send to one endpoint until nothing is due or it fails."""
    while messages := _claim(running, endpoint_id):
        if not _send_all(running, endpoint_id, messages):
            return


def _claim(running: RunningService, endpoint_id: UUID) -> list[Message]:
    with running.database.transaction() as uow:
        claimed: list[Message] = uow.store.messages.claim_webhooks(
            endpoint_id, now=uow.now, until=uow.now + LEASE, limit=BATCH
        )
        return claimed


def _send_all(running: RunningService, endpoint_id: UUID, messages: Sequence[Message]) -> bool:
    """Send *messages* in turn; tell whether all were taken. What is left after a failure is given back."""
    begun = time.monotonic()
    for number, message in enumerate(messages):
        taken = _send(running, endpoint_id, message)
        if not taken or time.monotonic() - begun > PATIENCE:
            _release(running, messages[number + 1 :])
            return taken
    return True


def _send(running: RunningService, endpoint_id: UUID, message: Message) -> bool:
    with running.database.transaction() as uow:
        found: tuple[Endpoint, Secrets] | None = uow.store.endpoints.secrets(endpoint_id)
    if found is None:
        return False  # switched off or deleted meanwhile: whoever did it gives its messages up
    endpoint, sealed = found
    outcome = _post(running, endpoint, sealed, message)
    with running.database.transaction(correlation_id=message.correlation_id) as uow:
        settle(uow, message, outcome)
    return outcome.taken


def _post(
    running: RunningService, endpoint: Endpoint, sealed: Secrets, message: Message
) -> Outcome:
    body, headers = rendered(running, endpoint, sealed, message)
    return post(endpoint.url, body, headers, reach_of(running))


def rendered(
    running: RunningService, endpoint: Endpoint, sealed: Secrets, message: Message
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of *message* as its receiver gets them, signed now."""
    links = links_of(
        running.settings.public_url, about=message.about, handoff_id=message.handoff_id
    )
    body = body_of(
        key=message.key,
        occurred_at=message.occurred_at,
        facts=message.facts or b"{}",
        links=links,
    )
    live = _live_secrets(running, endpoint, sealed)
    return body, signed_headers(message.event_id, body, live, at=signing_clock.now())


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


def _live_secrets(running: RunningService, endpoint: Endpoint, sealed: Secrets) -> list[bytes]:
    live = [sealed.current]
    if sealed.old and sealed.rotated_at and running.clock.now() < sealed.rotated_at + OLD_SECRET:
        live.append(sealed.old)
    return [
        unseal(
            running.settings.secret_key,
            secret,
            organisation=endpoint.organisation,
            endpoint=endpoint.id,
        )
        for secret in live
    ]


def _release(running: RunningService, messages: Sequence[Message]) -> None:
    if messages:
        with running.database.transaction() as uow:
            uow.store.messages.release([message.id for message in messages], uow.now)
