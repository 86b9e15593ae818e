"""What services stated of their own records, and which leaf the log has of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import rows
from services.audit.storage import tables

stated = tables.stated
books = tables.books

_FIND: Final = sa.text(
    """
    UPDATE stated SET leaf = found.number
    FROM (
        SELECT handoff, kind, (
            SELECT min(leaves.number) FROM leaves
            WHERE leaves.referral = waiting.referral
              AND leaves.action = CASE waiting.kind WHEN 'sent' THEN 'referral.handoff-requested.v1'
                  ELSE 'referral.pack-disclosed.v1' END
              AND strpos(convert_from(leaves.body, 'UTF8'), '"handoff":"' || waiting.handoff || '"') > 0
        ) AS number
        FROM (
            SELECT handoff, kind, referral FROM stated WHERE leaf IS NULL
            ORDER BY told_at NULLS FIRST, stated_at LIMIT :most FOR UPDATE SKIP LOCKED
        ) waiting
    ) found
    WHERE stated.handoff = found.handoff AND stated.kind = found.kind AND found.number IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that a service stated it did."""

    handoff: UUID
    kind: str
    """``sent`` or ``disclosed``."""
    referral: UUID
    stated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much of one kind was stated, and how much of it has its leaf."""

    kind: str
    stated: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a service said of all its handoffs together."""

    id: UUID
    total: int
    """How many it holds."""
    sent: int
    """How many it named, one statement after the other."""
    stated_at: datetime


class Completeness:
    """Statements, and what the log has of them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def state(self, claims: Sequence[Claim]) -> None:
        """Keep what was stated."""
        said = [{name: getattr(claim, name) for name in Claim.__slots__} for claim in claims]
        rows.complete(self._connection, stated, said)

    def count_book(self, id_: UUID, *, total: int, sent: int, at: datetime) -> None:
        """Keep what a service said of all its handoffs, of which it named *sent* now."""
        insert = pg.insert(books).values(id=id_, total=total, sent=sent, stated_at=at)
        added = {"total": total, "sent": books.c.sent + sent, "stated_at": at}
        self._connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=added))

    def find(self, *, most: int) -> None:
        """Look for the leaves of up to *most* claims that had none."""
        self._connection.execute(_FIND, {"most": most})

    def tell_overdue(self, *, before: datetime, at: datetime, most: int) -> list[Claim]:
        """Return up to *most* claims stated before that moment, without a leaf; each is returned once."""
        overdue = (
            sa.select(stated.c.handoff, stated.c.kind)
            .where(
                stated.c.leaf.is_(None), stated.c.told_at.is_(None), stated.c.stated_at < before
            )
            .order_by(stated.c.stated_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        place = sa.tuple_(stated.c.handoff, stated.c.kind)
        update = sa.update(stated).where(place.in_(overdue)).values(told_at=at)
        columns = [stated.c[name] for name in Claim.__slots__]
        return [
            Claim(**row) for row in self._connection.execute(update.returning(*columns)).mappings()
        ]

    def counts(self) -> list[Count]:
        """Return how much was stated and found, by kind."""
        query = sa.select(
            stated.c.kind,
            sa.func.count().label("stated"),
            sa.func.count(stated.c.leaf).label("found"),
        ).group_by(stated.c.kind)
        found = self._connection.execute(query.order_by(stated.c.kind.desc()))
        return [Count(**row) for row in found.mappings()]

    def missing(self, *, before: datetime, most: int) -> list[Claim]:
        """Return up to *most* claims stated before that moment that have no leaf, oldest first."""
        query = sa.select(*(stated.c[name] for name in Claim.__slots__)).where(
            stated.c.leaf.is_(None), stated.c.stated_at < before
        )
        found = self._connection.execute(query.order_by(stated.c.stated_at).limit(most))
        return [Claim(**row) for row in found.mappings()]

    def books(self) -> list[Book]:
        """Return what each service said of all its handoffs."""
        found = self._connection.execute(sa.select(books).order_by(books.c.id))
        return [Book(**row) for row in found.mappings()]
