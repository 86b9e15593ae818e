"""Hand out what waits for an endpoint whose owner asks for it, and settle what became of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from onward.delivery.outcome import Outcome
from onward.errors import ConflictError, NotFoundError
from services.notification.domain.endpoints import Endpoint
from services.notification.domain.messages import Message
from services.notification.handlers.endpoints import own
from services.notification.handlers.settling import settle
from services.notification.storage.endpoints import Secrets
from services.notification.storage.store import Work

MOST: Final = 50
"""Messages handed out at once."""
LEASE: Final = timedelta(seconds=30)
"""After this long what was handed out and not settled is handed out again."""


def pull(
    uow: Work, id_: UUID, settled: Mapping[UUID, Outcome]
) -> tuple[Endpoint, Secrets, list[Message]]:
    """Settle what became of messages handed out before; return those that are due now.

    Raises `NotFoundError`, or `ConflictError` with ``endpoint-disabled`` or ``endpoint-sent-to``.
    """
    endpoint = own(uow, id_, lock=True)
    endpoint.require_enabled()
    if not endpoint.pulled:
        raise ConflictError("endpoint-sent-to", "This webhook is sent what it hears: do not ask.")
    if not uow.store.deliveries.are_all_of(id_, settled.keys()):
        raise NotFoundError("delivery")
    waiting = uow.store.messages.waiting_among(id_, list(settled))
    settle(uow, *((message, settled[message.id]) for message in waiting))
    found = uow.store.endpoints.secrets(id_)
    if found is None:  # what was settled may have switched it off
        raise ConflictError("endpoint-disabled", "Switch the endpoint on first.")
    due = uow.store.claims.of(id_, now=uow.now, until=uow.now + LEASE, limit=MOST)
    return endpoint, found[1], due.messages if due else []
