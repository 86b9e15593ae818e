"""Keep who broke the glass on which referral, why, and until when that lets them read."""

from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.emergency import Opening
from services.referral.storage.tables import openings
from services.referral.storage.vault import Seal


class Openings:
    """Openings by id."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, opening: Opening, sentence: str, seal: Seal) -> None:
        """Write a new one, with what was said about it."""
        row = {
            "id": opening.id,
            "referral_id": opening.referral_id,
            "organisation": opening.organisation,
            "principal": opening.principal,
            "reason": opening.reason,
            "sealed_sentence": seal.close(f"opening.{opening.id}", sentence),
            "opened_at": opening.opened_at,
            "ends_at": opening.ends_at,
        }
        rows.insert(self._connection, openings, [row])

    def find(self, opening_id: UUID) -> Opening | None:
        """Return one, or None."""
        row = self._connection.execute(sa.select(openings).filter_by(id=opening_id)).first()
        if row is None:
            return None
        return Opening(
            id=row.id,
            referral_id=row.referral_id,
            organisation=row.organisation,
            principal=row.principal,
            reason=row.reason,
            opened_at=row.opened_at,
            ends_at=row.ends_at,
        )
