"""What follows from an attempt to deliver: told to all, tried again, or given up."""

from datetime import timedelta
from uuid import UUID

from onward.contracts.notification import MessageDelivered, MessageGivenUp, WebhookChanged
from onward.ids import new_id
from services.notification.domain.messages import Channel, Message, Subject, Told
from services.notification.domain.retries import (
    DEAD_AFTER,
    MAIL,
    QUEUE,
    SMS,
    WEBHOOK,
    Outcome,
    Status,
    after,
)
from services.notification.domain.rules import Telling, Urgency
from services.notification.storage.store import Work

GONE = "gone"
"""The receiver says that this address is no more (HTTP 410): the endpoint is switched off."""
SCHEDULES: dict[Channel, tuple[timedelta, ...]] = {
    Channel.EMAIL: MAIL,
    Channel.SMS: SMS,
    Channel.WEBHOOK: WEBHOOK,
    Channel.QUEUE: QUEUE,
}


def settle(uow: Work, message: Message, outcome: Outcome) -> None:
    """Record how one attempt ended, unless somebody else has settled the message meanwhile."""
    attempts = message.attempts + 1
    verdict = after(outcome, attempts=attempts, schedule=SCHEDULES[message.channel], at=uow.now)
    if not uow.store.messages.settle(message, verdict, outcome, uow.now):
        return
    if message.endpoint_id:
        failures = uow.store.endpoints.count(message.endpoint_id, taken=outcome.taken)
        if failures == DEAD_AFTER and outcome.code != GONE:
            _tell_mailbox(uow, message, message.endpoint_id, "webhook-failing")
    if verdict.status is Status.DELIVERED:
        _tell_delivered(uow, message, attempts)
    if verdict.status is Status.GIVEN_UP:
        tell_given_up(uow, message, attempts, outcome.code or "unknown")
        if message.channel is Channel.SMS:
            uow.store.messages.mail_instead(message, uow.now)
    if outcome.code == GONE and message.endpoint_id:
        _switch_off(uow, message, message.endpoint_id)


def give_up_waiting(uow: Work, endpoint_id: UUID, *, code: str) -> None:
    """Give up whatever waits for an endpoint that is sent nothing more; each can be replayed."""
    for message in uow.store.messages.give_up_all(endpoint_id, code=code, now=uow.now):
        tell_given_up(uow, message, message.attempts, code)


def tell_given_up(uow: Work, message: Message, attempts: int, code: str) -> None:
    """Say that somebody has to look."""
    uow.emit(
        MessageGivenUp(
            message_id=message.id,
            about=message.about,
            organisation_id=message.organisation,
            channel=message.channel.value,
            template=message.template,
            attempts=attempts,
            code=code,
        )
    )


def _tell_delivered(uow: Work, message: Message, attempts: int) -> None:
    uow.emit(
        MessageDelivered(
            message_id=message.id,
            about=message.about,
            organisation_id=message.organisation,
            channel=message.channel.value,
            template=message.template,
            attempts=attempts,
        )
    )


def _switch_off(uow: Work, message: Message, endpoint_id: UUID) -> None:
    uow.store.endpoints.disable(endpoint_id, code=GONE)
    uow.emit(
        WebhookChanged(
            endpoint_id=endpoint_id, organisation_id=message.organisation, change="disabled"
        )
    )
    give_up_waiting(uow, endpoint_id, code="endpoint-disabled")
    _tell_mailbox(uow, message, endpoint_id, "webhook-disabled")


def _tell_mailbox(uow: Work, message: Message, endpoint_id: UUID, template: str) -> None:
    """Tell the organisation what is wrong with its webhook where it will look: never by webhook."""
    subject = Subject(
        event_id=new_id(),
        key=message.key,
        correlation_id=message.correlation_id,
        about=endpoint_id,
        handoff_id=None,
        service_id=None,
        occurred_at=uow.now,
        facts=b"{}",
    )
    telling = Telling(
        organisation=message.organisation,
        counterpart=None,
        template=template,
        urgency=Urgency.URGENT,
    )
    told = Told(
        subject=subject,
        organisation=message.organisation,
        telling=telling,
        outside=False,
        regardless=True,
    )
    uow.store.telling.all([told], uow.now)
