"""Events published by the notification service: what was told, what could not be, and who chose so."""

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
    """``email``, ``sms``, ``webhook`` or ``queue``."""
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


@event("notification.webhook-changed.v1", subject="endpoint_id")
class WebhookChanged(Event):
    """Somebody changed where a partner's system is told, or the receiver itself put an end to it."""

    endpoint_id: UUID
    organisation_id: UUID
    change: str
    """``created``, ``rotated``, ``enabled``, ``disabled`` or ``deleted``."""


@event("notification.subscription-changed.v1", subject="organisation_id")
class SubscriptionChanged(Event):
    """An organisation chose anew what it is told by e-mail, and where."""

    organisation_id: UUID
    own_mailbox: bool
    """Whether its mail goes to a mailbox of its choice instead of the directory's."""
    mail_for: tuple[str, ...]
    """Urgencies it gets e-mail for."""


@event("notification.telling-changed.v1", subject="organisation_id")
class TellingChanged(Event):
    """Somebody changed which workers of an organisation are told, or how they themselves are."""

    organisation_id: UUID
    what: str
    """``rule``, ``team``, ``preferences`` or ``calendar``."""
    change: str
    """``created``, ``changed``, ``deleted`` or ``unsubscribed``."""
    id: UUID | None = None
    """The rule's or the team's."""
