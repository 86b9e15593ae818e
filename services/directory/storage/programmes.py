"""Keep programmes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.facts import Provenance
from services.directory.domain.programmes import Programme
from services.directory.storage.listing import Part, by_name, contains
from services.directory.storage.reading import racing, read_above
from services.directory.storage.tables import programmes

_PROVENANCE = [field.name for field in fields(Provenance)]
_PLAIN = [field.name for field in fields(Programme) if field.name in programmes.c]


class Programmes:
    """Programmes by id and name."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, programme: Programme, *, at: datetime) -> None:
        """Write a new one. Raises `ContendedError` where somebody else has just written it."""
        with racing():
            self._connection.execute(
                sa.insert(programmes).values(**_row(programme), changed_at=at)
            )

    def change(self, programme: Programme, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        changed = sa.update(programmes).filter_by(id=programme.id)
        self._connection.execute(changed.values(**_row(programme), changed_at=at))

    def find(self, programme_id: UUID) -> Programme | None:
        """Return one, or None."""
        return self._first(sa.select(programmes).filter_by(id=programme_id))

    def get(self, programme_id: UUID) -> Programme:
        """Return one. Raises `NotFoundError`."""
        found = self.find(programme_id)
        if found is None:
            raise NotFoundError("programme")
        return found

    def many(self, ids: Iterable[UUID]) -> dict[UUID, Programme]:
        """Return those of *ids* that exist."""
        wanted = sa.select(programmes).where(programmes.c.id.in_(list(ids)))
        rows = self._connection.execute(wanted).mappings()
        return {row["id"]: _programme(row) for row in rows}

    def lock(self, programme_id: UUID, version: int) -> Programme:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        found = self._first(sa.select(programmes).filter_by(id=programme_id).with_for_update())
        if found is None:
            raise NotFoundError("programme")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def above(self, programme_id: UUID) -> list[UUID]:
        """Return the programme and every larger one it is a part of, the smallest first.

        Locks them all, so that two changes at once cannot close a circle between them.
        """
        return read_above(self._connection, programmes, programme_id)

    def named(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the names of those of *ids* that exist."""
        wanted = sa.select(programmes.c.id, programmes.c.name)
        rows = self._connection.execute(wanted.where(programmes.c.id.in_(list(ids))))
        return {row.id: row.name for row in rows}

    def part(
        self, part: Part, *, text: str | None = None, lead: UUID | None = None
    ) -> Sequence[Programme]:
        """Return programmes by name; those whose name holds *text*, or that *lead* leads."""
        wanted = sa.select(programmes)
        if text:
            wanted = wanted.where(contains(programmes.c.name, text))
        if lead:
            wanted = wanted.filter_by(lead=lead)
        rows = self._connection.execute(by_name(wanted, programmes, part)).mappings()
        return [_programme(row) for row in rows]

    def _first(self, wanted: sa.Select[Any]) -> Programme | None:
        row = self._connection.execute(wanted).mappings().first()
        return None if row is None else _programme(row)


def _row(programme: Programme) -> dict[str, object]:
    plain = {name: getattr(programme, name) for name in _PLAIN}
    return plain | asdict(programme.provenance)


def _programme(values: Mapping[Any, Any]) -> Programme:
    return Programme(
        **{name: values[name] for name in _PLAIN},
        provenance=Provenance(**{name: values[name] for name in _PROVENANCE}),
    )
