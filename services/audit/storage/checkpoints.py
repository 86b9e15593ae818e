"""What was signed, and what the log found when it checked itself."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.audit.domain.checkpoint import Checkpoint
from services.audit.domain.soundness import Finding, Progress
from services.audit.domain.tree import Edge
from services.audit.storage import tables


class Checkpoints:
    """Signed checkpoints, each for ever."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and add within the transaction of *connection*."""
        self._connection = connection

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep *checkpoint*, unless another process signed that size just now."""
        row = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
        insert = pg.insert(tables.checkpoints).values(row).on_conflict_do_nothing()
        self._connection.execute(insert)

    def latest(self) -> Checkpoint | None:
        """Return the one over most leaves."""
        found = self._select(_newest_first().limit(1))
        return found[0] if found else None

    def first(self) -> Checkpoint | None:
        """Return the one that was signed first."""
        query = sa.select(tables.checkpoints).order_by(tables.checkpoints.c.size).limit(1)
        found = self._select(query)
        return found[0] if found else None

    def over(self, size: int) -> Checkpoint | None:
        """Return the one over exactly *size* leaves."""
        found = self._select(sa.select(tables.checkpoints).filter_by(size=size))
        return found[0] if found else None

    def between(self, start: int, stop: int) -> list[Checkpoint]:
        """Return those over more than *start* and at most *stop* leaves, smallest first."""
        size = tables.checkpoints.c.size
        query = sa.select(tables.checkpoints).where(size > start, size <= stop)
        return self._select(query.order_by(size))

    def spread(self, *, below: int, limit: int) -> list[Checkpoint]:
        """Return at most *limit* of those over fewer than *below* leaves, evenly, smallest first."""
        place = sa.func.row_number().over(order_by=tables.checkpoints.c.size) - 1
        counted = (
            sa.select(
                tables.checkpoints, place.label("place"), sa.func.count().over().label("all")
            )
            .where(tables.checkpoints.c.size < below)
            .subquery()
        )
        step = (counted.c.all + limit - 1) / limit
        query = sa.select(*(counted.c[column.name] for column in tables.checkpoints.c))
        return self._select(query.where(counted.c.place % step == 0).order_by(counted.c.size))

    def recent(self, *, before: int | None, limit: int) -> list[Checkpoint]:
        """Return up to *limit*, newest first, below size *before* where given."""
        query = _newest_first().limit(limit)
        if before is not None:
            query = query.where(tables.checkpoints.c.size < before)
        return self._select(query)

    def _select(self, query: sa.Select[tuple[object, ...]]) -> list[Checkpoint]:
        return [Checkpoint(**row) for row in self._connection.execute(query).mappings()]


def _newest_first() -> sa.Select[tuple[object, ...]]:
    return sa.select(tables.checkpoints).order_by(tables.checkpoints.c.size.desc())


class SelfChecks:
    """How far the present check has come, and what the last one found."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def progress(self, *, lock: bool = False) -> Progress | None:
        """Return it; with *lock*, or None when another process is at it."""
        query = sa.select(tables.self_check)
        if lock:
            query = query.with_for_update(skip_locked=True)
        row = self._connection.execute(query).mappings().one_or_none()
        return _progress(row) if row else None

    def save(self, progress: Progress) -> None:
        """Remember it."""
        found = progress.finding
        self._connection.execute(
            sa.update(tables.self_check).values(
                position=progress.edge.size,
                edge=progress.edge.packed,
                finished_at=progress.finished_at,
                finished_size=progress.finished_size,
                finding=found.code if found else None,
                finding_leaf=found.leaf if found else None,
                found_at=progress.found_at,
            )
        )


def _progress(row: sa.RowMapping) -> Progress:
    found: datetime | None = row["found_at"]
    return Progress(
        edge=Edge.unpacked(row["position"], row["edge"]),
        finished_at=row["finished_at"],
        finished_size=row["finished_size"],
        finding=Finding(code=row["finding"], leaf=row["finding_leaf"]) if found else None,
        found_at=found,
    )
