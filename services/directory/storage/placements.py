"""Keep in whose teams workers sit."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.placements import Placement
from services.directory.storage.reading import columns, read_all, read_first
from services.directory.storage.tables import placements

_COLUMNS = columns(placements, Placement)


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

    def lock(self, worker_id: UUID, placement_id: UUID, version: int) -> Placement:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(*_COLUMNS).filter_by(id=placement_id, worker_id=worker_id)
        found = read_first(self._connection, wanted.with_for_update(), Placement)
        if found is None:
            raise NotFoundError("placement")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found
