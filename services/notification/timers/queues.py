"""Put what partners' systems are told on their queues: a batch at a time, confirmed by the broker."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final, cast

import structlog

from onward import transport
from onward.broker import BrokerAwayError, Outgoing, Publisher
from onward.contracts.partners import links_of
from onward.delivery.outcome import Outcome
from onward.service import RunningService
from onward.topology import PARTNERS
from services.notification.domain.messages import Message
from services.notification.domain.payload import event_of
from services.notification.handlers.settling import settle

BATCH: Final = 200
LEASE: Final = timedelta(minutes=1)
"""After this long another process takes a claimed message: its sender has died."""
NOT_TAKEN: Final = "queue-full-or-gone"
_PUBLISHER: Final = "partners-publisher"

log = structlog.get_logger(__name__)


def send_to_queues(running: RunningService) -> None:
    """Send whatever is due to partners' queues. Nobody can connect to the broker of one process."""
    if running.settings.amqp_uri == transport.URI:
        return
    while messages := _claim(running):
        try:
            lost = publisher_of(running).publish([_outgoing(running, each) for each in messages])
        except BrokerAwayError as error:
            log.warning("partners-wait-for-broker", error=str(error), waiting=len(messages))
            _release(running, messages)
            return
        with running.database.transaction() as uow:
            settle(uow, *((message, _outcome(message, lost)) for message in messages))
    _keep_alive(running)


def _claim(running: RunningService) -> list[Message]:
    with running.database.transaction() as uow:
        claimed: list[Message] = uow.store.messages.claim_queued(
            now=uow.now, until=uow.now + LEASE, limit=BATCH
        )
        return claimed


def _outcome(message: Message, lost: Collection[str]) -> Outcome:
    return Outcome(code=NOT_TAKEN if str(message.id) in lost else None)


def _outgoing(running: RunningService, message: Message) -> Outgoing:
    origin = running.settings.public_url
    links = links_of(origin, about=message.about, handoff_id=message.handoff_id)
    body = event_of(message, source=origin, links=links)
    return Outgoing(id=str(message.id), key=str(message.organisation), body=body)


def publisher_of(running: RunningService) -> Publisher:
    """Return the one of this process; only the one tick that runs here uses it."""
    if _PUBLISHER not in running.extras:
        running.extras[_PUBLISHER] = Publisher(running.settings.amqp_uri, PARTNERS)
    return cast("Publisher", running.extras[_PUBLISHER])


def _keep_alive(running: RunningService) -> None:
    try:
        publisher_of(running).keep_alive()
    except BrokerAwayError:
        log.debug("partners-connection-lost")  # the next batch opens another


def _release(running: RunningService, messages: Sequence[Message]) -> None:
    with running.database.transaction() as uow:
        uow.store.messages.release([message.id for message in messages], uow.now)
