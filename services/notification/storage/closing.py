"""Let go of everything that is kept for organisations that were made up for a sandbox."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from services.notification.domain.endpoints import EndpointStatus
from services.notification.storage.tables import (
    dates,
    endpoints,
    messages,
    notices,
    read_marks,
    reads,
    stand_ins,
    subscriptions,
    teams,
    telling_rules,
)

_WHOLE = (messages, notices, stand_ins, read_marks, subscriptions, telling_rules, teams)
_GONE = {"status": EndpointStatus.DELETED.value, "secret": None, "old_secret": None}


def forget(connection: sa.Connection, organisations: Sequence[UUID]) -> None:
    """Delete what they were told, what was on its way to them, and what they had chosen."""
    told = sa.select(notices.c.position).where(notices.c.organisation.in_(organisations))
    connection.execute(sa.delete(reads).where(reads.c.position.in_(told)))
    meant = dates.c.recipient.in_(organisations) | dates.c.sender.in_(organisations)
    connection.execute(sa.delete(dates).where(meant))
    for table in _WHOLE:
        connection.execute(sa.delete(table).where(table.c.organisation.in_(organisations)))
    shut = sa.update(endpoints).where(endpoints.c.organisation.in_(organisations))
    connection.execute(shut.values(**_GONE))
