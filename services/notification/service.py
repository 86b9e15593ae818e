"""Nameko entrypoints of the notification service. No logic lives here."""

from onward.runtime import EventService


class NotificationService(EventService):
    """The notification service as Nameko runs it: `services.notification` says what it owns."""

    name = "notification"
