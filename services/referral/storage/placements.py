"""Keep in whose teams workers of others sit, as the directory tells it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.contracts.directory import PlacementPublished
from services.referral.storage.tables import placements


class Placements:
    """A local copy of what the directory owns."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep(self, published: Sequence[PlacementPublished]) -> None:
        """Write placements as they are now."""
        told = [
            {
                "id": one.placement_id,
                "principal": one.principal,
                "employer": one.employer,
                "host": one.host,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
            }
            for one in published
        ]
        rows.keep(self._connection, placements, told)

    def hold(self, principal: str, *, employer: UUID, host: UUID, at: datetime) -> bool:
        """Tell whether somebody who works for *employer* sits in the team of *host* at a moment."""
        column = placements.c
        wanted = sa.select(column.id).where(
            column.principal == principal,
            column.employer == employer,
            column.host == host,
            column.starts_at <= at,
            sa.or_(column.ends_at.is_(None), column.ends_at > at),
        )
        return self._connection.scalar(wanted.limit(1)) is not None
