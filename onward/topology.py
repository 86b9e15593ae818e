"""Every exchange and queue the platform owns, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kombu.entity import Exchange, Queue, binding

from onward.contracts.intake import INTAKE as PARTNER_EVENTS
from onward.contracts.intake import taken_by

EVENTS = Exchange("onward.events", type="topic", durable=True)
"""Where services tell their events; only services may write here."""
HEARS: Mapping[str, tuple[str, ...]] = {
    "audit": ("#",),
    "directory": ("referral",),
    "notification": ("audit", "directory", "referral"),
    "referral": ("directory",),
}
"""Which streams each service hears, ``#`` for all. A whole stream or nothing: gaps would look like loss."""
DELIVERY_LIMIT = 1_000_000
"""Set so that RabbitMQ 4's default of 20 cannot drop a message: the inbox parks it long before."""

UNHEARD = Exchange("onward.intake.unheard", type="fanout", durable=True)
"""Where the broker puts what a partner sent under a name that no service takes."""
INTAKE = Exchange(
    "onward.intake",
    type="topic",
    durable=True,
    arguments={"alternate-exchange": UNHEARD.name},
)
"""Where partners' systems write, under ``<organisation>.<name>.v<n>``; the broker binds key to user."""
PARTNERS = Exchange("onward.partners", type="direct", durable=True)
"""Where services tell partners' systems, under the organisation's id; partners cannot write here."""
ANSWERS_UNHEARD = "notification"
"""The service that tells partners that nobody takes what they sent."""
LISTEN: Sequence[str] = (*sorted({event.service for event in PARTNER_EVENTS}), ANSWERS_UNHEARD)
"""The services that listen to partners' systems."""
MOST_TAKEN_IN = 10_000
"""Partners' events that wait at one service; then the broker refuses more, and their senders know."""
MOST_KEPT = 64 * 1024 * 1024
"""Bytes that wait for one partner; then what is told next waits in our database."""


def queue_for(service: str) -> Queue:
    """Return the one durable queue on which *service* hears events."""
    keys = [stream if stream == "#" else f"{stream}.#" for stream in HEARS[service]]
    return Queue(
        f"onward.{service}",
        bindings=[binding(EVENTS, routing_key=key) for key in keys],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
        },
    )


def hearers(teller: str) -> Sequence[str]:
    """Return the services that hear what *teller* tells."""
    return [name for name, streams in HEARS.items() if {"#", teller} & set(streams)]


def tether(teller: str, hearer: str) -> Exchange:
    """Return what *teller* ties to the queue of *hearer*: it goes when that queue goes.

    Nothing is published there. The broker deletes such an exchange with the last queue bound to it, so
    that it is missing exactly if the queue is missing, or was. No confirm tells that: an event that
    reaches one queue of three is confirmed.
    """
    name = f"onward.tether.{teller}.{hearer}"
    return Exchange(name, type="fanout", durable=True, auto_delete=True)


PARTNER_QUEUE: Mapping[str, Any] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-max-length-bytes": MOST_KEPT,
    "x-overflow": "reject-publish",
}
"""Arguments of each partner's queue."""


def intake_queue(service: str) -> Queue:
    """Return the queue on which *service* takes partners' events."""
    bindings = [binding(INTAKE, routing_key=f"*.{event.name}") for event in taken_by(service)]
    if service == ANSWERS_UNHEARD:
        bindings.append(binding(UNHEARD))
    return Queue(
        f"onward.intake.{service}",
        bindings=bindings,
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-max-length": MOST_TAKEN_IN,
            "x-overflow": "reject-publish",
        },
    )


def partner_queue(organisation: UUID) -> Queue:
    """Return the queue on which the systems of *organisation* hear what concerns it."""
    return Queue(
        f"partner.{organisation}",
        exchange=PARTNERS,
        routing_key=str(organisation),
        durable=True,
        queue_arguments=dict(PARTNER_QUEUE),
    )


def declare_intake(channel: Any) -> None:
    """Make sure that whatever a partner sends reaches a queue, and that partners can be told."""
    UNHEARD(channel).declare()
    INTAKE(channel).declare()
    PARTNERS(channel).declare()
    for service in LISTEN:
        intake_queue(service)(channel).declare()


def declare(channel: Any) -> None:
    """Make sure that every queue is there before anything is published that it should hear."""
    EVENTS(channel).declare()
    for service in HEARS:
        queue_for(service)(channel).declare()
