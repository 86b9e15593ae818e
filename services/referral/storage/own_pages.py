"""Keep the pages that people were given: found by a hash, shown again only under the person's key."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.domain.own_page import OwnPage, digest
from services.referral.storage.tables import own_pages
from services.referral.storage.vault import Seal


class OwnPages:
    """Pages by referral, and by what is in their address."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, page: OwnPage, token: str, seal: Seal) -> None:
        """Write a new one that *token* opens."""
        row = {
            "id": page.id,
            "referral_id": page.referral_id,
            "organisation": page.organisation,
            "digest": digest(token),
            "sealed_token": seal.close(_label(page.id), token),
            "made_at": page.made_at,
            "ends_at": page.ends_at,
        }
        rows.insert(self._connection, own_pages, [row])

    def of_token(self, token: str) -> OwnPage | None:
        """Return the page that *token* belongs to, open or not, or None."""
        return self._one(sa.select(own_pages).filter_by(digest=digest(token)))

    def of_referral(self, referral_id: UUID) -> OwnPage | None:
        """Return the page of a referral that nobody has closed, or None."""
        wanted = sa.select(own_pages).filter_by(referral_id=referral_id)
        return self._one(wanted.where(own_pages.c.closed_at.is_(None)))

    def token(self, page_id: UUID, seal: Seal) -> str:
        """Return what opens a page that is there."""
        wanted = sa.select(own_pages.c.sealed_token).filter_by(id=page_id)
        sealed = self._connection.execute(wanted).scalar_one()
        return str(seal.open(_label(page_id), sealed))

    def close(self, page_id: UUID, *, at: datetime) -> None:
        """Let a page's address lead nowhere from now on."""
        closed = sa.update(own_pages).filter_by(id=page_id).values(closed_at=at)
        self._connection.execute(closed)

    def _one(self, wanted: sa.Select[Any]) -> OwnPage | None:
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        return OwnPage(
            id=row.id,
            referral_id=row.referral_id,
            organisation=row.organisation,
            made_at=row.made_at,
            ends_at=row.ends_at,
            closed_at=row.closed_at,
        )


def _label(page_id: UUID) -> str:
    return f"own-page.{page_id}"
