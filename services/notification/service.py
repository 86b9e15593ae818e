"""Nameko entrypoints of the notification service. No logic lives here."""

from onward.runtime import EventService


class NotificationService(EventService):
    """The notification service as Nameko runs it: see `services.notification` for what it owns, hears and tells."""

    name = "notification"
