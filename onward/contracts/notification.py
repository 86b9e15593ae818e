"""Events published by the notification service: what was told to whom, and what could not be."""

from uuid import UUID

from onward.contracts.base import Event, event, shared_fields


@shared_fields
class MessageEvent(Event):
    """What every fact about one message on one channel carries."""

    message_id: UUID
    about: UUID
    """The referral it is about."""
    organisation_id: UUID
    """Whom it is for."""
    channel: str
    """``inbox``, ``email`` or ``webhook``."""
    template: str
    attempts: int


@event("notification.delivered.v1", subject="message_id")
class MessageDelivered(MessageEvent):
    """The channel took the message."""


@event("notification.given-up.v1", subject="message_id")
class MessageGivenUp(MessageEvent):
    """Every attempt failed; somebody has to look."""

    code: str
    """``timeout``, ``refused``, ``gone``, ``http-500``, …"""
