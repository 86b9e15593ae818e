"""Send due webhooks: each endpoint in a lane of its own, no transaction open while the other side thinks.

A lane claims several messages at once, sends them in their order over one connection, and settles them
together. A sender killed in between has them sent again under the same ids, by which receivers know them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from services.notification.storage.claims import Claimed
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

    held: Claimed
    until: float = field(default_factory=lambda: time.monotonic() + PATIENCE)
    """When it gives back what is left of that, on this process's monotonic clock."""


def send_webhooks(running: RunningService) -> None:
    """Give endpoints with due messages a lane each, as far as lanes are free; return at once.

    Nobody else starts lanes in this process meanwhile.
    """
    lanes = lanes_of(running)
    connections_of(running).hang_up_idle()
    busy, (healthy, failing) = lanes.ask_busy(), lanes.free()
    if not healthy and not failing:
        return
    with running.database.transaction() as uow:
        claimed = uow.store.claims.due(
            now=uow.now,
            until=uow.now + LEASE,
            limit=BATCH,
            busy=busy,
            healthy=healthy,
            failing=failing,
        )
    for held in claimed:
        lanes.start(
            held.endpoint.id,
            partial(_serve, running, Claim(held=held)),
            again=partial(_look_again, running, held.endpoint.id),
            failing=held.endpoint.failures > 0,
        )


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


def _serve(running: RunningService, claim: Claim) -> bool:
    """Send what is claimed of one endpoint, until it fails; tell whether it took everything."""
    if len(claim.held.messages) == BATCH:
        lanes_of(running).ask(claim.held.endpoint.id)
    going_on: Claim | None = claim
    well = True
    while going_on:
        ended = _send_some(running, going_on.held)
        well = all(outcome.taken for _, outcome in ended)
        going_on = _go_on(running, going_on, ended, well=well)
    return well


def _look_again(running: RunningService, endpoint_id: UUID) -> bool:
    """Send what is due to one endpoint by now, as `_serve` does."""
    with running.database.transaction() as uow:
        held = uow.store.claims.of(endpoint_id, now=uow.now, until=uow.now + LEASE, limit=BATCH)
    return held is None or _serve(running, Claim(held=held))


def _go_on(
    running: RunningService, claim: Claim, ended: Sequence[Ended], *, well: bool
) -> Claim | None:
    """Settle what *ended* of *claim*; return what is left to send.

    What is left after a failure, or for too long, is given back. An endpoint that was switched off is
    sent nothing more: whoever did it gave its messages up.
    """
    left = claim.held.messages[len(ended) :]
    held: Claimed | None = None
    with running.database.transaction() as uow:
        uow.store.endpoints.lock(claim.held.endpoint.id)
        settle(uow, *ended)
        if well and time.monotonic() < claim.until:
            held = _anew(uow, claim.held, left) if left else None
        else:
            uow.store.messages.release([message.id for message in left], uow.now)
            lanes_of(running).ask(claim.held.endpoint.id)
    return None if held is None else Claim(held=held, until=claim.until)


def _anew(uow: Work, held: Claimed, left: list[Message]) -> Claimed | None:
    """Return what is *left* of what is held, with the endpoint as it is by now; None if it is off."""
    found = uow.store.endpoints.secrets(held.endpoint.id)
    return found and Claimed(endpoint=found[0], sealed=found[1], messages=left)


def _send_some(running: RunningService, held: Claimed) -> list[Ended]:
    """Send in order what is claimed until one fails or it is time to settle; return how each ended."""
    begun = time.monotonic()
    ended: list[Ended] = []
    endpoint = held.endpoint
    with connections_of(running).calls(endpoint.id, endpoint.url, reach_of(running)) as calls:
        for message in held.messages:
            outcome = calls.post(*rendered(running, endpoint, held.sealed, message))
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
