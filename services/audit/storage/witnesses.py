"""Who watches the log from outside, and which checkpoints they countersigned."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.audit.storage import tables

witnesses = tables.witnesses
cosignatures = tables.cosignatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Somebody outside who countersigns checkpoints."""

    id: UUID
    organisation: UUID | None
    """The partner it belongs to, where it belongs to one."""
    key: str
    """As `services.audit.domain.cosignature.WitnessKey` writes it."""
    added_at: datetime
    removed_at: datetime | None = None

    @property
    def name(self) -> str:
        """What its signature lines call it."""
        return self.key.partition("+")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """One checkpoint, countersigned by one witness."""

    size: int
    witness: UUID
    line: str
    """The signature line, as it stands under the checkpoint."""
    witnessed_at: datetime
    """By the witness's own clock."""
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A witness with the newest checkpoint that it countersigned."""

    witness: Witness
    newest: Cosignature | None


class Witnesses:
    """Witnesses and their countersignatures; these only grow."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def add(self, witness: Witness) -> bool:
        """Keep *witness*; return False when its key is known already."""
        row = {name: getattr(witness, name) for name in Witness.__slots__}
        insert = pg.insert(witnesses).values(row).on_conflict_do_nothing()
        return self._connection.execute(insert).rowcount == 1

    def remove(self, id_: UUID, *, at: datetime) -> Witness | None:
        """Take no more countersignatures of a witness; return it, None if there is none to remove."""
        update = sa.update(witnesses).filter_by(id=id_, removed_at=None).values(removed_at=at)
        row = self._connection.execute(update.returning(*witnesses.c)).mappings().first()
        return Witness(**row) if row else None

    def called(self, name: str) -> list[Witness]:
        """Return those whose signature lines bear *name*, and that were not removed."""
        found = sa.select(witnesses).where(witnesses.c.removed_at.is_(None))
        rows = self._connection.execute(
            found.where(witnesses.c.key.startswith(f"{name}+", autoescape=True))
        )
        return [Witness(**row) for row in rows.mappings()]

    def keep(self, cosignature: Cosignature) -> None:
        """Keep it; the first of a witness over a size stays."""
        row = {name: getattr(cosignature, name) for name in Cosignature.__slots__}
        self._connection.execute(pg.insert(cosignatures).values(row).on_conflict_do_nothing())

    def sights(self) -> list[Sight]:
        """Return every witness that was not removed with the newest it countersigned, in order of names."""
        other = cosignatures.alias()
        largest = (
            sa.select(sa.func.max(other.c.size))
            .where(other.c.witness == witnesses.c.id)
            .correlate(witnesses)
        )
        newest = (cosignatures.c.witness == witnesses.c.id) & (
            cosignatures.c.size == largest.scalar_subquery()
        )
        seen = [cosignatures.c[name].label(f"seen_{name}") for name in Cosignature.__slots__]
        query = sa.select(witnesses, *seen).select_from(witnesses).outerjoin(cosignatures, newest)
        query = query.where(witnesses.c.removed_at.is_(None)).order_by(witnesses.c.key)
        return [_sight(row) for row in self._connection.execute(query).mappings()]

    def over(self, sizes: Collection[int]) -> dict[int, list[Cosignature]]:
        """Return the countersignatures under the checkpoints over *sizes*."""
        query = sa.select(cosignatures).where(cosignatures.c.size.in_(sizes))
        found: dict[int, list[Cosignature]] = {}
        for row in self._connection.execute(query.order_by(cosignatures.c.received_at)).mappings():
            found.setdefault(row["size"], []).append(Cosignature(**row))
        return found

    def largest(self) -> int | None:
        """Return the largest size that anybody countersigned."""
        return self._connection.execute(sa.select(sa.func.max(cosignatures.c.size))).scalar()


def _sight(row: sa.RowMapping) -> Sight:
    seen = {name: row[f"seen_{name}"] for name in Cosignature.__slots__}
    return Sight(
        witness=Witness(**{name: row[name] for name in Witness.__slots__}),
        newest=Cosignature(**seen) if seen["size"] is not None else None,
    )
