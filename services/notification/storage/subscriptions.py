"""Each organisation's choice of what it is told by e-mail."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.notification.domain.messages import EVERYTHING, Subscription
from services.notification.domain.rules import Urgency
from services.notification.storage import tables

_t = tables.subscriptions


class Subscriptions:
    """One row per organisation that has chosen."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def of(self, organisation: UUID) -> Subscription:
        """Return what *organisation* chose, or what holds until it does."""
        wanted = sa.select(_t.c.mailbox, _t.c.mail_for, _t.c.language, _t.c.version)
        row = self._connection.execute(wanted.where(_t.c.organisation == organisation)).first()
        if row is None:
            return Subscription(
                organisation=organisation, mailbox=None, mail_for=EVERYTHING, version=0
            )
        return Subscription(
            organisation=organisation,
            mailbox=row.mailbox,
            mail_for=tuple(Urgency(urgency) for urgency in row.mail_for),
            version=row.version,
            language=row.language,
        )

    def keep(self, chosen: Subscription, *, by: str, now: datetime) -> bool:
        """Store *chosen*; tell whether nobody else stored their choice in between."""
        values = {
            "mailbox": chosen.mailbox,
            "mail_for": [urgency.value for urgency in chosen.mail_for],
            "language": chosen.language,
            "version": chosen.version,
            "changed_at": now,
            "changed_by": by,
        }
        if chosen.version == 1:
            insert = pg.insert(_t)
            change = insert.values(organisation=chosen.organisation, **values)
            first = change.on_conflict_do_nothing().returning(_t.c.version)
            return self._connection.execute(first).first() is not None
        update = sa.update(_t).values(values).returning(_t.c.version)
        mine = update.where(
            _t.c.organisation == chosen.organisation, _t.c.version == chosen.version - 1
        )
        return self._connection.execute(mine).first() is not None
