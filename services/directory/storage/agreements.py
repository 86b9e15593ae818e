"""Keep sharing agreements."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.agreements import Agreement
from services.directory.storage.listing import Part
from services.directory.storage.reading import columns, read_all, read_first
from services.directory.storage.sandboxes import is_seen
from services.directory.storage.tables import agreements

_COLUMNS = columns(agreements, Agreement)


class Agreements:
    """Agreements by id and party."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, agreement: Agreement, *, at: datetime) -> None:
        """Write a new one."""
        self._connection.execute(sa.insert(agreements).values(**asdict(agreement), changed_at=at))

    def change(self, agreement: Agreement, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        self._connection.execute(
            sa.update(agreements)
            .filter_by(id=agreement.id)
            .values(**asdict(agreement), changed_at=at)
        )

    def find(self, agreement_id: UUID) -> Agreement | None:
        """Return one, or None."""
        wanted = sa.select(*_COLUMNS).filter_by(id=agreement_id)
        return read_first(self._connection, wanted, Agreement)

    def lock(self, agreement_id: UUID, version: int) -> Agreement:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(*_COLUMNS).filter_by(id=agreement_id).with_for_update()
        found = read_first(self._connection, wanted, Agreement)
        if found is None:
            raise NotFoundError("agreement")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def part(
        self, part: Part, *, party: UUID | None = None, on: date | None = None
    ) -> Sequence[Agreement]:
        """Return agreements, newest first; those of *party*, and that hold *on* a day, if given.

        Without a *party* those between real organisations.
        """
        column = agreements.c
        wanted = sa.select(*_COLUMNS)
        if party:
            parties = sa.or_(column.from_organisation == party, column.to_organisation == party)
            wanted = wanted.where(parties)
        else:
            wanted = wanted.where(is_seen(column.from_organisation, None))
        if on:
            ended = sa.and_(column.valid_until.is_not(None), column.valid_until < on)
            wanted = wanted.where(column.valid_from <= on, sa.not_(ended))
        if part.after:
            day, id_ = part.after
            key = sa.tuple_(column.valid_from, column.id)
            last = sa.tuple_(sa.literal(date.fromisoformat(str(day))), sa.literal(UUID(str(id_))))
            wanted = wanted.where(key < last)
        wanted = wanted.order_by(column.valid_from.desc(), column.id.desc()).limit(part.limit)
        return read_all(self._connection, wanted, Agreement)

    def standing(self, on: date, *, party: UUID | None = None, limit: int) -> Sequence[Agreement]:
        """Return agreements that hold on a day or later; those of *party*, if given."""
        column = agreements.c
        wanted = sa.select(*_COLUMNS).where(
            sa.or_(column.valid_until.is_(None), column.valid_until >= on)
        )
        if party:
            parties = sa.or_(column.from_organisation == party, column.to_organisation == party)
            wanted = wanted.where(parties)
        else:
            wanted = wanted.where(is_seen(column.from_organisation, None))
        wanted = wanted.order_by(column.valid_from.desc(), column.id.desc()).limit(limit)
        return read_all(self._connection, wanted, Agreement)
