"""Every exchange and queue the platform owns, and nothing else."""

from collections.abc import Mapping
from typing import Any

from kombu.entity import Exchange, Queue, binding

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


def declare(channel: Any) -> None:
    """Make sure that every queue is there before anything is published that it should hear."""
    EVENTS(channel).declare()
    for service in HEARS:
        queue_for(service)(channel).declare()
