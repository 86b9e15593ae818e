"""The one way into the notification service's database: a store per concern, all on one connection."""

from functools import cached_property

import sqlalchemy as sa

from onward.database import UnitOfWork
from services.notification.storage.calendars import Calendars
from services.notification.storage.claims import Claims
from services.notification.storage.copies import Copies
from services.notification.storage.deliveries import Deliveries
from services.notification.storage.endpoints import Endpoints
from services.notification.storage.messages import Messages
from services.notification.storage.notices import Notices
from services.notification.storage.people import People
from services.notification.storage.receipts import Receipts
from services.notification.storage.subscriptions import Subscriptions
from services.notification.storage.telling import TellingOut


class Store:
    """What a transaction of the notification service can read and write."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    @cached_property
    def copies(self) -> Copies:
        """What the directory has told of."""
        return Copies(self._connection)

    @cached_property
    def telling(self) -> TellingOut:
        """What is told, in whole batches."""
        return TellingOut(self._connection)

    @cached_property
    def notices(self) -> Notices:
        """The inbox in the application."""
        return Notices(self._connection)

    @cached_property
    def messages(self) -> Messages:
        """What is sent outside."""
        return Messages(self._connection)

    @cached_property
    def claims(self) -> Claims:
        """What is due to partners' systems, taken by those who send it."""
        return Claims(self._connection)

    @cached_property
    def endpoints(self) -> Endpoints:
        """Where partners' systems are told."""
        return Endpoints(self._connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        """What was sent to them."""
        return Deliveries(self._connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who wants which e-mail."""
        return Subscriptions(self._connection)

    @cached_property
    def people(self) -> People:
        """Workers and what they chose."""
        return People(self._connection)

    @cached_property
    def calendars(self) -> Calendars:
        """What stands in whose calendars."""
        return Calendars(self._connection)

    @cached_property
    def receipts(self) -> Receipts:
        """What became of what the other side was told."""
        return Receipts(self._connection)


Work = UnitOfWork[Store]
"""What a handler of this service is given."""
