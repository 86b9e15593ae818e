"""What the audit service remembers of the others' facts: who is called what, who is party to what."""

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import rows
from services.audit.storage import tables


class Partners:
    """Local copies, kept by events alone."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def name(self, kind: str, names: Mapping[UUID, str]) -> None:
        """Remember the names of a *kind*: ``organisation`` or ``service``."""
        named = [{"id": id_, "kind": kind, "name": name} for id_, name in names.items()]
        insert = pg.insert(tables.names).values(named)
        changed = insert.on_conflict_do_update(
            index_elements=["id"], set_={"name": insert.excluded.name}
        )
        self._connection.execute(changed)

    def organisations(self) -> list[tuple[UUID, str]]:
        """Return every organisation with its name, in order of names."""
        query = sa.select(tables.names.c.id, tables.names.c.name).filter_by(kind="organisation")
        found = self._connection.execute(query.order_by(tables.names.c.name))
        return [(row.id, row.name) for row in found]

    def names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return what those of *ids* are called that are known."""
        query = sa.select(tables.names.c.id, tables.names.c.name)
        found = self._connection.execute(query.where(tables.names.c.id.in_(ids)))
        return {row.id: row.name for row in found}

    def join(self, parties: Collection[tuple[UUID, UUID]]) -> None:
        """Remember pairs of a referral and an organisation that is party to it."""
        pairs = [{"referral": referral, "organisation": who} for referral, who in _sorted(parties)]
        rows.complete(self._connection, tables.parties, pairs)

    def remember_persons(self, about: Collection[tuple[UUID, UUID]]) -> None:
        """Remember pairs of a person's pseudonym and a referral that is about them."""
        pairs = [{"person": person, "referral": referral} for person, referral in _sorted(about)]
        rows.complete(self._connection, tables.persons, pairs)

    def is_party(self, referral: UUID, organisation: UUID) -> bool:
        """Tell whether *organisation* handed *referral* over or was asked to take it."""
        query = sa.select(tables.parties.c.referral).filter_by(
            referral=referral, organisation=organisation
        )
        return self._connection.execute(query).first() is not None


def _sorted(pairs: Collection[tuple[UUID, UUID]]) -> list[tuple[str, str]]:
    """Return *pairs* in one order, so that two transactions cannot wait for each other."""
    return sorted((str(one), str(other)) for one, other in pairs)
