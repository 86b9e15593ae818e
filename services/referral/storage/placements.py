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
        wanted = _held(principal, employer, at).where(placements.c.host == host)
        return self._connection.execute(wanted.limit(1)).first() is not None

    def hosts(self, principal: str, *, employer: UUID, at: datetime) -> list[UUID]:
        """Return in whose teams somebody who works for *employer* sits at a moment."""
        return list(self._connection.scalars(_held(principal, employer, at).distinct()))


def _held(principal: str, employer: UUID, at: datetime) -> sa.Select[tuple[UUID]]:
    column = placements.c
    return sa.select(column.host).where(
        column.principal == principal,
        column.employer == employer,
        column.starts_at <= at,
        sa.or_(column.ends_at.is_(None), column.ends_at > at),
    )
