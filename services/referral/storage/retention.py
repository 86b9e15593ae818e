"""Find what is due to be disposed of, dispose of it, and keep the holds that stop that."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.referral.domain.retention import NOT_ACCEPTED, Due, Hold, Rule, Use
from services.referral.storage.conversation_tables import appointments, attachments, messages
from services.referral.storage.retention_tables import disposals, holds
from services.referral.storage.tables import earlier_packs, packs, referrals
from services.referral.storage.vault import Seal

_RECORDS: Final = """
    SELECT p.id AS person_id, p.organisation AS keeper, GREATEST(p.created_at, (
        SELECT max(COALESCE(h.ended_at, h.created_at)) FROM handoffs h WHERE h.person_id = p.id
    )) AS last_used
    FROM persons p LEFT JOIN organisations o ON o.id = p.organisation
    WHERE p.erased_at IS NULL AND p.created_at < :before
      AND EXISTS (
        SELECT FROM handoffs h WHERE h.person_id = p.id AND h.status <> 'draft'
      ) = :was_sent
      AND (NOT :was_sent OR COALESCE(o.kind, '') = ANY(:kinds)
        OR (:is_longest AND NOT COALESCE(o.kind, '') = ANY(:named)))
      AND NOT EXISTS (
        SELECT FROM handoffs h WHERE h.person_id = p.id
          AND (COALESCE(h.ended_at, h.created_at) >= :before
            OR (h.ended_at IS NULL AND h.status <> 'draft'))
      )
      AND NOT EXISTS (SELECT FROM holds WHERE holds.person_id = p.id AND holds.ended_at IS NULL)
    ORDER BY p.created_at, p.id LIMIT :most
"""
_COPIES: Final = """
    SELECT h.person_id, h.recipient AS keeper, h.ended_at AS last_used, h.id AS handoff_id, h.referral_id
    FROM handoffs h JOIN persons p ON p.id = h.person_id
    WHERE h.status IN ('rejected', 'expired') AND h.ended_at < :before AND p.erased_at IS NULL
      AND NOT EXISTS (SELECT FROM disposals d WHERE d.handoff_id = h.id)
      AND NOT EXISTS (SELECT FROM holds WHERE holds.person_id = h.person_id AND holds.ended_at IS NULL
        AND COALESCE(holds.referral_id, h.referral_id) = h.referral_id)
    ORDER BY h.ended_at, h.id LIMIT :most
"""
_USES: Final = sa.text(
    """
    SELECT h.person_id, o.kind AS keeper_kind, bool_or(h.status <> 'draft') AS was_sent,
        CASE WHEN bool_and(h.status = 'draft' OR h.ended_at IS NOT NULL)
            THEN max(COALESCE(h.ended_at, h.created_at)) END AS last_used
    FROM handoffs h JOIN persons p ON p.id = h.person_id
    LEFT JOIN organisations o ON o.id = p.organisation
    WHERE h.person_id = ANY(:persons) GROUP BY h.person_id, o.kind
    """
)
_LOCKED: Final = " FOR UPDATE OF p SKIP LOCKED"
_IN_FORCE: Final = holds.c.ended_at.is_(None)
_SHOWN: Final = [holds.c[name] for name in Hold.__slots__]


class Retention:
    """What is due, what is held, and what was disposed of."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def copies_due(self, rule: Rule, now: datetime, *, most: int, lock: bool = False) -> list[Due]:
        """Return up to *most* handoffs never taken on whose copy is due and not held, oldest first.

        With *lock*, the records they belong to are locked, and those that others have locked left out.
        """
        return self._due(_COPIES, rule, {"before": rule.before(now), "most": most}, lock=lock)

    def records_due(
        self,
        rule: Rule,
        now: datetime,
        *,
        named: Collection[str] = (),
        is_longest: bool = False,
        most: int,
        lock: bool = False,
    ) -> list[Due]:
        """Return up to *most* records of persons that *rule* is about, due and not held; locked likewise.

        A rule without keepers is about persons for whom nothing was ever sent; one that *is_longest*
        also about keepers of kinds that are not *named*.
        """
        values = {
            "before": rule.before(now),
            "most": most,
            "was_sent": bool(rule.keepers),
            "kinds": list(rule.keepers),
            "named": list(named),
            "is_longest": is_longest,
        }
        return self._due(_RECORDS, rule, values, lock=lock)

    def _due(self, query: str, rule: Rule, values: dict[str, Any], *, lock: bool) -> list[Due]:
        found = self._connection.execute(sa.text(query + _LOCKED if lock else query), values)
        return [Due(rule=rule, **row) for row in found.mappings()]

    def dispose_of_copy(
        self, handoff_id: UUID, recipient: UUID, rule: Rule, *, at: datetime
    ) -> None:
        """Delete what a recipient kept of a handoff; that it was told stays in the ledger."""
        for table in (packs, earlier_packs, attachments):
            self._connection.execute(sa.delete(table).filter_by(handoff_id=handoff_id))
        theirs = (messages.c.visibility == "both") | (messages.c.organisation == recipient)
        self._connection.execute(
            sa.delete(messages).where(theirs, messages.c.handoff_id == handoff_id)
        )
        self._connection.execute(
            sa.update(appointments).filter_by(handoff_id=handoff_id).values(sealed_place=None)
        )
        self._connection.execute(
            sa.insert(disposals).values(handoff_id=handoff_id, kind=rule.kind, at=at)
        )

    def referrals_of(self, person_id: UUID) -> list[UUID]:
        """Return every referral about a person, in a fixed order."""
        query = sa.select(referrals.c.id).filter_by(person_id=person_id).order_by(referrals.c.id)
        return list(self._connection.scalars(query))

    def person_of(self, referral_id: UUID) -> UUID | None:
        """Return whom a referral is about."""
        return self._connection.scalar(sa.select(referrals.c.person_id).filter_by(id=referral_id))

    def hold(self, hold: Hold, sentence: str, seal: Seal) -> None:
        """Keep a new hold, and what was said about it."""
        row = {name: getattr(hold, name) for name in Hold.__slots__}
        row["sealed_sentence"] = seal.close(f"hold.{hold.id}", sentence)
        self._connection.execute(sa.insert(holds).values(row))

    def held(self, *, most: int) -> list[Hold]:
        """Return up to *most* holds in force, newest first."""
        query = sa.select(*_SHOWN).where(_IN_FORCE).order_by(holds.c.placed_at.desc(), holds.c.id)
        return [Hold(**row) for row in self._connection.execute(query.limit(most)).mappings()]

    def holds_on(self, person_id: UUID, referral_id: UUID | None = None) -> list[Hold]:
        """Return the holds in force on anything about a person, or on one of their referrals."""
        query = sa.select(*_SHOWN).where(_IN_FORCE, holds.c.person_id == person_id)
        if referral_id is not None:
            query = query.where(sa.func.coalesce(holds.c.referral_id, referral_id) == referral_id)
        rows = self._connection.execute(query.order_by(holds.c.placed_at, holds.c.id))
        return [Hold(**row) for row in rows.mappings()]

    def over(self, today: date, *, most: int) -> list[Hold]:
        """Return up to *most* holds whose last day has passed; nobody else gets them until commit."""
        query = sa.select(*_SHOWN).where(_IN_FORCE, holds.c.until < today)
        query = query.order_by(holds.c.until, holds.c.id).limit(most)
        rows = self._connection.execute(query.with_for_update(skip_locked=True))
        return [Hold(**row) for row in rows.mappings()]

    def end(self, hold_id: UUID, *, by: str, at: datetime) -> Hold | None:
        """End a hold that is in force; return it, or None where there is none."""
        update = sa.update(holds).where(_IN_FORCE, holds.c.id == hold_id)
        done = self._connection.execute(update.values(ended_at=at, ended_by=by).returning(*_SHOWN))
        row = done.mappings().first()
        return Hold(**row) if row else None

    def uses(self, persons: Collection[UUID]) -> dict[UUID, Use]:
        """Return how each person's record was used, of those that ever were."""
        rows = self._connection.execute(_USES, {"persons": list(persons)})
        return {row["person_id"]: Use(**row) for row in rows.mappings()}


def still_free(due: Sequence[Due], kept: Retention) -> list[Due]:
    """Return those of *due*, locked now, that nobody put under hold while they were being looked for."""
    return [
        each
        for each in due
        if not kept.holds_on(
            each.person_id, each.referral_id if each.rule.kind == NOT_ACCEPTED else None
        )
    ]
