"""Keep handoffs. Whoever changes one, or its deadlines, holds its row's lock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from onward.planned import one_of, planned
from services.referral.domain.handoff import Handoff, Intent, Urgency
from services.referral.domain.moves import Status
from services.referral.domain.timing import Due, Policy
from services.referral.storage.tables import handoffs, referrals, services

_NESTED: Final = ("policy", "due")
_PLAIN: Final = tuple(
    field.name
    for field in fields(Handoff)
    if field.name not in {*_NESTED, "status", "intent", "urgency"}
)
_POLICY: Final = tuple(field.name for field in fields(Policy))
_DUE: Final = tuple(field.name for field in fields(Due))
_SETTLED: Final = frozenset({"referral_id", "number", "person_id", "sender", "created_at"})
"""Columns that never change."""
_HAS_LEDGER: Final = (
    sa.select(services.c.has_ledger)
    .where(services.c.id == handoffs.c.service_id)
    .scalar_subquery()
    .label("has_ledger")
)
_LOCK: Final = planned(
    sa.select(handoffs)
    .where(handoffs.c.id == one_of("ids"))
    .order_by(handoffs.c.id)
    .with_for_update()
)
_LOCK_ONE: Final = planned(
    sa.select(handoffs, _HAS_LEDGER)
    .where(handoffs.c.id == sa.bindparam("wanted"))
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A handoff that nobody else can move until commit."""

    handoff: Handoff
    has_ledger: bool
    """Whether its service's places are kept in the directory's ledger."""


class Handoffs:
    """Handoffs by id."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, handoff: Handoff) -> None:
        """Write a new one."""
        rows.insert(self._connection, handoffs, [handoff_row(handoff)])

    def change(self, *moved: Handoff) -> None:
        """Write what became of handoffs whose rows this transaction has locked."""
        rows.change(self._connection, handoffs, [_changing(handoff) for handoff in moved])

    def find(self, handoff_id: UUID) -> Handoff | None:
        """Return one, or None."""
        row = self._connection.execute(sa.select(handoffs).filter_by(id=handoff_id)).first()
        return handoff_from(row) if row else None

    def lock(self, *ids: UUID) -> dict[UUID, Handoff]:
        """Return those of *ids* that exist; nobody else can move them until commit.

        They are locked in one order everywhere, so that two transactions cannot wait for each other.
        """
        found = self._connection.execute(_LOCK, {"ids": list(ids)})
        return {row.id: handoff_from(row) for row in found}

    def lock_one(self, handoff_id: UUID) -> Locked | None:
        """Return one that exists, or None, as `lock` does."""
        row = self._connection.execute(_LOCK_ONE, {"wanted": handoff_id}).first()
        return Locked(handoff=handoff_from(row), has_ledger=bool(row.has_ledger)) if row else None

    def of_referral(self, referral_id: UUID) -> Sequence[Handoff]:
        """Return the handoffs of one referral, the first one first."""
        wanted = sa.select(handoffs).filter_by(referral_id=referral_id)
        found = self._connection.execute(wanted.order_by(handoffs.c.number))
        return [handoff_from(row) for row in found]

    def of_person(self, person_id: UUID) -> Sequence[Handoff]:
        """Return the handoffs of one record of a person."""
        wanted = sa.select(handoffs).join(referrals, referrals.c.id == handoffs.c.referral_id)
        found = self._connection.execute(wanted.where(referrals.c.person_id == person_id))
        return [handoff_from(row) for row in found]

    def of_referrals(self, ids: Collection[UUID]) -> dict[UUID, Handoff]:
        """Return the newest handoff of each of several referrals."""
        wanted = (
            sa.select(handoffs)
            .where(handoffs.c.referral_id.in_(ids))
            .order_by(handoffs.c.referral_id, handoffs.c.number.desc())
            .distinct(handoffs.c.referral_id)
        )
        return {row.referral_id: handoff_from(row) for row in self._connection.execute(wanted)}


def handoff_row(handoff: Handoff) -> dict[str, Any]:
    """Return the columns of *handoff*."""
    due = handoff.next_due
    return {
        **{name: getattr(handoff, name) for name in _PLAIN},
        "needs": list(handoff.needs),
        "status": handoff.status.value,
        "intent": handoff.intent.value,
        "urgency": handoff.urgency.value,
        "urgency_rank": handoff.urgency.rank,
        **{name: getattr(handoff.policy, name) for name in _POLICY},
        **{name: getattr(handoff.due, name) for name in _DUE},
        "next_due": due,
        "sort_at": due or handoff.due.expires_at or handoff.created_at,
    }


def handoff_from(row: sa.Row[Any]) -> Handoff:
    """Return the handoff that *row* holds; columns of other tables beside it do no harm."""
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Handoff(
        **{name: values[name] for name in _PLAIN},
        status=Status(values["status"]),
        intent=Intent(values["intent"]),
        urgency=Urgency(values["urgency"]),
        policy=Policy(**{name: values[name] for name in _POLICY}),
        due=Due(**{name: values[name] for name in _DUE}),
    )


def _changing(handoff: Handoff) -> dict[str, Any]:
    return {name: value for name, value in handoff_row(handoff).items() if name not in _SETTLED}
