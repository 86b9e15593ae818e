"""Keep in whose teams workers sit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.placements import Placement
from services.directory.storage.account_tables import placements, workers
from services.directory.storage.reading import columns, read_all, read_first

_COLUMNS = columns(placements, Placement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A placement, and what those two organisations call the worker."""

    placement: Placement
    name: str


class Placements:
    """Placements by id and worker."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, placement: Placement, *, at: datetime) -> None:
        """Write a new one."""
        row = {**asdict(placement), "changed_at": at}
        self._connection.execute(sa.insert(placements).values(**row))

    def change(self, placement: Placement, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        row = {**asdict(placement), "changed_at": at}
        self._connection.execute(sa.update(placements).filter_by(id=placement.id).values(**row))

    def of_worker(self, worker_id: UUID) -> Sequence[Placement]:
        """Return every placement of a worker, the latest first."""
        wanted = sa.select(*_COLUMNS).filter_by(worker_id=worker_id)
        latest = wanted.order_by(placements.c.starts_at.desc(), placements.c.id)
        return read_all(self._connection, latest, Placement)

    def of_organisation(
        self, organisation: UUID, *, since: datetime, limit: int
    ) -> Sequence[Sitting]:
        """Return the placements that end after *since*, of an organisation's workers or in its team."""
        column = placements.c
        wanted = sa.select(*_COLUMNS, workers.c.display_name).join(
            workers, workers.c.id == column.worker_id
        )
        wanted = wanted.where(
            sa.or_(column.host == organisation, column.employer == organisation),
            sa.or_(column.ends_at.is_(None), column.ends_at > since),
        )
        ordered = wanted.order_by(workers.c.display_name, column.starts_at, column.id)
        rows = self._connection.execute(ordered.limit(limit)).mappings()
        return [
            Sitting(
                placement=Placement(**{one.name: row[one.name] for one in _COLUMNS}),
                name=row["display_name"],
            )
            for row in rows
        ]

    def lock(self, worker_id: UUID, placement_id: UUID, version: int) -> Placement:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(*_COLUMNS).filter_by(id=placement_id, worker_id=worker_id)
        found = read_first(self._connection, wanted.with_for_update(), Placement)
        if found is None:
            raise NotFoundError("placement")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found
