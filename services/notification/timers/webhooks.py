"""Send due webhooks: each endpoint in a lane of its own, no transaction open while the other side thinks.

A lane claims several messages at once, sends them in their order over one connection, and settles them
together. A sender killed in between has them sent again under the same ids, by which receivers know them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, cast
from uuid import UUID

from onward.clock import SystemClock
from onward.contracts.partners import links_of
from onward.delivery.outcome import Outcome
from onward.service import RunningService
from services.notification.domain.endpoints import Endpoint
from services.notification.domain.messages import Message
from services.notification.domain.payload import body_of
from services.notification.handlers.settling import settle
from services.notification.handlers.signing import live_secrets, signed_headers
from services.notification.storage.endpoints import Secrets
from services.notification.storage.store import Work
from services.notification.timers.connections import Connections
from services.notification.timers.lanes import Lanes
from services.notification.timers.pinned import TIMEOUT, Reach

BATCH: Final = 50
TOGETHER: Final = 0.25
"""Seconds after which what was sent is settled, though more is claimed: a receipt waits no longer, and a
kill repeats no more."""
LEASE: Final = timedelta(seconds=90)
"""After this long another process takes a claimed message: its sender has died."""
PATIENCE: Final = LEASE.total_seconds() - 2 * TIMEOUT
"""Seconds after which a lane gives back what it had claimed."""
_LANES: Final = "webhook-lanes"
_CONNECTIONS: Final = "webhook-connections"
_REACH: Final = "webhook-reach"

signing_clock = SystemClock()
"""Signatures carry the real time: receivers check it against theirs, which no rehearsal shifts."""


Ended = tuple[Message, Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a lane holds of one endpoint."""

    endpoint: Endpoint
    sealed: Secrets
    messages: Sequence[Message]
    """In the order they are sent."""
    until: float
    """When it gives back what is left of them, on this process's monotonic clock."""


def send_webhooks(running: RunningService) -> None:
    """Give every endpoint with due messages a lane, as far as lanes are free; return at once."""
    lanes = lanes_of(running)
    connections_of(running).hang_up_idle()
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


def connections_of(running: RunningService) -> Connections:
    """Return the connections of this process that lanes have left open."""
    return cast("Connections", running.extras.setdefault(_CONNECTIONS, Connections()))


def _serve(running: RunningService, endpoint_id: UUID) -> None:
    """Send to one endpoint until nothing is due or it fails."""
    claim = _go_on(running, endpoint_id)
    while claim:
        ended = _send_some(running, claim)
        claim = _go_on(running, endpoint_id, claim, ended)


def _go_on(
    running: RunningService,
    endpoint_id: UUID,
    claim: Claim | None = None,
    ended: Sequence[Ended] = (),
) -> Claim | None:
    """Settle what *ended* of *claim*; return what to send next, or None where the lane ends.

    What is left after a failure is given back. An endpoint that was switched off is sent nothing more:
    whoever did it gave its messages up.
    """
    left = claim.messages[len(ended) :] if claim else ()
    with running.database.transaction() as uow:
        uow.store.endpoints.lock(endpoint_id)
        settle(uow, *ended)
        well = all(outcome.taken for _, outcome in ended)
        if claim and left and well and time.monotonic() < claim.until:
            messages, until = left, claim.until
        else:
            uow.store.messages.release([message.id for message in left], uow.now)
            messages = _claim(uow, endpoint_id) if well else ()
            until = time.monotonic() + PATIENCE
        found: tuple[Endpoint, Secrets] | None = (
            uow.store.endpoints.secrets(endpoint_id) if messages else None
        )
    if found is None:
        return None
    return Claim(endpoint=found[0], sealed=found[1], messages=messages, until=until)


def _claim(uow: Work, endpoint_id: UUID) -> Sequence[Message]:
    claimed: list[Message] = uow.store.messages.claim_webhooks(
        endpoint_id, now=uow.now, until=uow.now + LEASE, limit=BATCH
    )
    return claimed


def _send_some(running: RunningService, claim: Claim) -> list[Ended]:
    """Send in order what is claimed until one fails or it is time to settle; return how each ended."""
    begun = time.monotonic()
    ended: list[Ended] = []
    endpoint = claim.endpoint
    with connections_of(running).calls(endpoint.id, endpoint.url, reach_of(running)) as calls:
        for message in claim.messages:
            outcome = calls.post(*rendered(running, endpoint, claim.sealed, message))
            ended.append((message, outcome))
            if not outcome.taken or time.monotonic() - begun > TOGETHER:
                break
    return ended


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
    secret_key, now = running.settings.secret_key, running.clock.now()
    live = live_secrets(endpoint, sealed, secret_key=secret_key, now=now)
    return body, signed_headers(message.event_id, body, live, at=signing_clock.now())
