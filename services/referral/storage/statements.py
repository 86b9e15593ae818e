"""Which handoffs were sent, in the order they were, and how far that was stated to the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.referral.storage.tables import disclosures, handoffs, stated

_PLACE: Final = sa.tuple_(handoffs.c.requested_at, handoffs.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One handoff that was sent."""

    referral_id: UUID
    handoff_id: UUID
    at: datetime
    disclosed: bool
    """Whether anything about the person was disclosed by it."""


class Statements:
    """What was stated, and what is to be stated next."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def claim(self) -> bool:
        """Make sure that nobody else states until commit; tell whether it is ours to do."""
        locked = sa.func.pg_try_advisory_xact_lock(sa.func.hashtext("referral.stated"))
        return bool(self._connection.scalar(sa.select(locked)))

    def due(self, *, before: datetime, most: int) -> list[Sent]:
        """Return up to *most* handoffs sent before that moment and not stated yet, oldest first."""
        told = sa.exists().where(disclosures.c.handoff_id == handoffs.c.id)
        query = sa.select(
            handoffs.c.referral_id, handoffs.c.id, handoffs.c.requested_at, told.label("disclosed")
        ).where(handoffs.c.requested_at < before)
        if through := self._connection.execute(
            sa.select(stated.c.through, stated.c.handoff_id)
        ).first():
            query = query.where(sa.tuple_(*through) < _PLACE)
        rows = self._connection.execute(query.order_by(*_PLACE.clauses).limit(most))
        return [
            Sent(referral_id=referral, handoff_id=id_, at=at, disclosed=disclosed)
            for referral, id_, at, disclosed in rows
        ]

    def total(self, through: Sent) -> int:
        """Return how many handoffs were sent, up to and with *through*."""
        query = sa.select(sa.func.count()).where(
            handoffs.c.requested_at.is_not(None),
            sa.tuple_(through.at, through.handoff_id) >= _PLACE,
        )
        return int(self._connection.execute(query).scalar_one())

    def keep(self, made: Sequence[Sent]) -> None:
        """Remember that *made* are stated."""
        last = {"through": made[-1].at, "handoff_id": made[-1].handoff_id}
        insert = pg.insert(stated).values(last)
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=["single"], set_=last)
        )
