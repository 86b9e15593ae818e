"""What follows from attempts to deliver: told to all, tried again, or given up."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from onward.contracts.notification import MessageDelivered, MessageGivenUp, WebhookChanged
from onward.delivery.outcome import Outcome
from onward.ids import new_id
from services.notification.domain.messages import Channel, Message, Settled, Subject, Told
from services.notification.domain.retries import (
    DEAD_AFTER,
    MAIL,
    QUEUE,
    SMS,
    WEBHOOK,
    Status,
    Verdict,
    after,
)
from services.notification.domain.rules import Telling, Urgency
from services.notification.storage.store import Work

GONE = "gone"
"""The receiver says that this address is no more (HTTP 410): the endpoint is switched off."""
SYSTEMS = frozenset({Channel.WEBHOOK, Channel.QUEUE})
"""Channels that end at a system: what that does not take, people have to be told."""
SCHEDULES: dict[Channel, tuple[timedelta, ...]] = {
    Channel.EMAIL: MAIL,
    Channel.SMS: SMS,
    Channel.WEBHOOK: WEBHOOK,
    Channel.QUEUE: QUEUE,
}


def settle(uow: Work, *ended: tuple[Message, Outcome]) -> None:
    """Record how attempts ended, each unless somebody else has settled its message meanwhile."""
    attempts = [
        Settled(message=message, outcome=outcome, verdict=_verdict(uow, message, outcome))
        for message, outcome in ended
    ]
    settled = uow.store.messages.settle(attempts, uow.now)
    for (endpoint_id, _), run in groupby(settled, key=lambda one: one.endpoint_and_result):
        if endpoint_id:
            _count(uow, endpoint_id, list(run))
    for one in settled:
        _follow_up(uow, one)


def _verdict(uow: Work, message: Message, outcome: Outcome) -> Verdict:
    schedule = SCHEDULES[message.channel]
    return after(outcome, attempts=message.attempts + 1, schedule=schedule, at=uow.now)


def _count(uow: Work, endpoint_id: UUID, run: Sequence[Settled]) -> None:
    """Count attempts at one endpoint that followed one another and all succeeded, or all failed."""
    if run[0].outcome.taken:
        uow.store.endpoints.well(endpoint_id)
        return
    for one in run:
        missed, attempt = [one.message.id], one.message.attempts + 1
        failed = uow.store.endpoints.count_failure(endpoint_id, attempt=attempt)
        if failed == DEAD_AFTER and one.outcome.code != GONE:
            _tell_mailbox(uow, one.message, endpoint_id, "webhook-failing")
            missed += uow.store.messages.waiting_for(endpoint_id)
        uow.store.messages.mail_missed(missed, uow.now)


def _follow_up(uow: Work, settled: Settled) -> None:
    message, outcome, attempts = settled.message, settled.outcome, settled.message.attempts + 1
    if settled.verdict.status is Status.DELIVERED:
        _tell_delivered(uow, message, attempts)
    if attempts >= DEAD_AFTER and message.channel in SYSTEMS and not outcome.taken:
        uow.store.messages.mail_missed([message.id], uow.now)
    if settled.verdict.status is Status.GIVEN_UP:
        tell_given_up(uow, message, attempts, outcome.code or "unknown")
        if message.channel is Channel.SMS:
            uow.store.messages.mail_instead(message, uow.now)
    if outcome.code == GONE and message.endpoint_id:
        _switch_off(uow, message, message.endpoint_id)


def give_up_waiting(uow: Work, endpoint_id: UUID, *, code: str) -> list[UUID]:
    """Give up whatever waits for an endpoint that is sent nothing more; each can be replayed. Return it."""
    given_up: list[Message] = uow.store.messages.give_up_all(endpoint_id, code=code, now=uow.now)
    for message in given_up:
        tell_given_up(uow, message, message.attempts, code)
    return [message.id for message in given_up]


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
        ),
        story=message.correlation_id,
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
        ),
        story=message.correlation_id,
    )


def _switch_off(uow: Work, message: Message, endpoint_id: UUID) -> None:
    uow.store.endpoints.disable(endpoint_id, code=GONE)
    uow.emit(
        WebhookChanged(
            endpoint_id=endpoint_id, organisation_id=message.organisation, change="disabled"
        ),
        story=message.correlation_id,
    )
    missed = give_up_waiting(uow, endpoint_id, code="endpoint-disabled")
    uow.store.messages.mail_missed([message.id, *missed], uow.now)
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
