"""Keep organisations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.facts import Provenance
from services.directory.domain.organisations import Organisation
from services.directory.storage.listing import Part, by_name, contains
from services.directory.storage.reading import racing, read_above
from services.directory.storage.sandboxes import is_seen
from services.directory.storage.tables import organisations

_PROVENANCE = [field.name for field in fields(Provenance)]
_PLAIN = [field.name for field in fields(Organisation) if field.name in organisations.c]


class Organisations:
    """Organisations by id, name and public identifier."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, organisation: Organisation, *, at: datetime) -> None:
        """Write a new one. Raises `ContendedError` where somebody else has just written it."""
        with racing():
            self._connection.execute(
                sa.insert(organisations).values(**_row(organisation), changed_at=at)
            )

    def change(self, organisation: Organisation, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        changed = sa.update(organisations).filter_by(id=organisation.id)
        with racing():
            self._connection.execute(changed.values(**_row(organisation), changed_at=at))

    def find(self, organisation_id: UUID) -> Organisation | None:
        """Return one, or None."""
        wanted = sa.select(organisations).filter_by(id=organisation_id)
        return self._first(wanted)

    def get(self, organisation_id: UUID) -> Organisation:
        """Return one. Raises `NotFoundError`."""
        found = self.find(organisation_id)
        if found is None:
            raise NotFoundError("organisation")
        return found

    def many(self, ids: Iterable[UUID]) -> dict[UUID, Organisation]:
        """Return those of *ids* that exist."""
        wanted = sa.select(organisations).where(organisations.c.id.in_(list(ids)))
        rows = self._connection.execute(wanted).mappings()
        return {row["id"]: _organisation(row) for row in rows}

    def lock(self, organisation_id: UUID, version: int) -> Organisation:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(organisations).filter_by(id=organisation_id).with_for_update()
        found = self._first(wanted)
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

    def listed(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of *ids* that entries may name: those that exist, and were not made up."""
        wanted = sa.select(organisations.c.id).where(
            organisations.c.id.in_(list(ids)), is_seen(organisations.c.id, None)
        )
        return set(self._connection.scalars(wanted))

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

    def part(
        self, part: Part, *, text: str | None = None, sandbox: UUID | None = None
    ) -> Sequence[Organisation]:
        """Return organisations by name; those whose name holds *text*, or with that identifier.

        Real ones, or those of one *sandbox*.
        """
        wanted = sa.select(organisations).where(is_seen(organisations.c.id, sandbox))
        if text:
            column = organisations.c
            identified = sa.or_(column.ods_code == text.upper(), column.charity_number == text)
            wanted = wanted.where(sa.or_(contains(column.name, text), identified))
        rows = self._connection.execute(by_name(wanted, organisations, part)).mappings()
        return [_organisation(row) for row in rows]

    def above(self, organisation_id: UUID) -> list[UUID]:
        """Return the organisation and every larger one it is a part of, the smallest first.

        Locks them all, so that two changes at once cannot close a circle between them.
        """
        return read_above(self._connection, organisations, organisation_id)

    def _first(self, wanted: sa.Select[Any]) -> Organisation | None:
        row = self._connection.execute(wanted).mappings().first()
        return None if row is None else _organisation(row)


def _row(organisation: Organisation) -> dict[str, object]:
    plain = {name: getattr(organisation, name) for name in _PLAIN}
    return plain | asdict(organisation.provenance)


def _organisation(values: Mapping[Any, Any]) -> Organisation:
    return Organisation(
        **{name: values[name] for name in _PLAIN},
        provenance=Provenance(**{name: values[name] for name in _PROVENANCE}),
    )
