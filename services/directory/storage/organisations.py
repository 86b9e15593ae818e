"""Keep organisations."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.organisations import Organisation
from services.directory.storage.listing import Part, by_name, contains
from services.directory.storage.reading import columns, read_all, read_first
from services.directory.storage.tables import organisations

_COLUMNS = columns(organisations, Organisation)


class Organisations:
    """Organisations by id, name and public identifier."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, organisation: Organisation, *, at: datetime) -> None:
        """Write a new one."""
        self._connection.execute(
            sa.insert(organisations).values(**asdict(organisation), changed_at=at)
        )

    def change(self, organisation: Organisation, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        self._connection.execute(
            sa.update(organisations)
            .filter_by(id=organisation.id)
            .values(**asdict(organisation), changed_at=at)
        )

    def find(self, organisation_id: UUID) -> Organisation | None:
        """Return one, or None."""
        wanted = sa.select(*_COLUMNS).filter_by(id=organisation_id)
        return read_first(self._connection, wanted, Organisation)

    def get(self, organisation_id: UUID) -> Organisation:
        """Return one. Raises `NotFoundError`."""
        found = self.find(organisation_id)
        if found is None:
            raise NotFoundError("organisation")
        return found

    def lock(self, organisation_id: UUID, version: int) -> Organisation:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(*_COLUMNS).filter_by(id=organisation_id).with_for_update()
        found = read_first(self._connection, wanted, Organisation)
        if found is None:
            raise NotFoundError("organisation")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def named(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the names of those of *ids* that exist."""
        wanted = sa.select(organisations.c.id, organisations.c.name)
        rows = self._connection.execute(wanted.where(organisations.c.id.in_(list(ids))))
        return {row.id: row.name for row in rows}

    def identifier_taken(self, organisation: Organisation) -> bool:
        """Tell whether another one has the same public identifier."""
        column = organisations.c
        own = {
            column.ods_code: organisation.ods_code,
            column.charity_number: organisation.charity_number,
        }
        same = [kept == value for kept, value in own.items() if value is not None]
        wanted = sa.select(column.id).where(
            sa.or_(sa.false(), *same), column.id != organisation.id
        )
        return self._connection.execute(wanted).first() is not None

    def part(self, part: Part, *, text: str | None = None) -> Sequence[Organisation]:
        """Return organisations by name; those whose name holds *text*, or with that identifier."""
        wanted = sa.select(*_COLUMNS)
        if text:
            column = organisations.c
            identified = sa.or_(column.ods_code == text.upper(), column.charity_number == text)
            wanted = wanted.where(sa.or_(contains(column.name, text), identified))
        return read_all(self._connection, by_name(wanted, organisations, part), Organisation)
