"""What the audit service remembers of the others' facts: who is called what, who is party to what."""

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.audit.storage import tables

_JOIN = sa.text(
    """
    INSERT INTO parties (referral, organisation)
    SELECT * FROM unnest(
        CAST(string_to_array(:referrals, ',') AS uuid[]),
        CAST(string_to_array(:organisations, ',') AS uuid[]))
    ON CONFLICT DO NOTHING
    """
)


class Partners:
    """Local copies, kept by events alone."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write within the transaction of *connection*."""
        self._connection = connection

    def name(self, kind: str, names: Mapping[UUID, str]) -> None:
        """Remember the names of a *kind*: ``organisation`` or ``service``."""
        rows = [{"id": id_, "kind": kind, "name": name} for id_, name in names.items()]
        insert = pg.insert(tables.names).values(rows)
        changed = insert.on_conflict_do_update(
            index_elements=["id"], set_={"name": insert.excluded.name}
        )
        self._connection.execute(changed)

    def organisations(self) -> list[tuple[UUID, str]]:
        """Return every organisation with its name, in order of names."""
        query = sa.select(tables.names.c.id, tables.names.c.name).filter_by(kind="organisation")
        rows = self._connection.execute(query.order_by(tables.names.c.name))
        return [(row.id, row.name) for row in rows]

    def names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return what those of *ids* are called that are known."""
        query = sa.select(tables.names.c.id, tables.names.c.name)
        rows = self._connection.execute(query.where(tables.names.c.id.in_(ids)))
        return {row.id: row.name for row in rows}

    def join(self, parties: Collection[tuple[UUID, UUID]]) -> None:
        """Remember pairs of a referral and an organisation that is party to it."""
        # In one order, so that two transactions cannot wait for each other.
        in_order = sorted((str(referral), str(who)) for referral, who in parties)
        self._connection.execute(
            _JOIN,
            {
                "referrals": ",".join(referral for referral, _ in in_order),
                "organisations": ",".join(who for _, who in in_order),
            },
        )

    def remember_persons(self, about: Collection[tuple[UUID, UUID]]) -> None:
        """Remember pairs of a person's pseudonym and a referral that is about them."""
        rows = [{"person": person, "referral": referral} for person, referral in sorted(about)]
        self._connection.execute(pg.insert(tables.persons).on_conflict_do_nothing(), rows)

    def is_party(self, referral: UUID, organisation: UUID) -> bool:
        """Tell whether *organisation* handed *referral* over or was asked to take it."""
        query = sa.select(tables.parties.c.referral).filter_by(
            referral=referral, organisation=organisation
        )
        return self._connection.execute(query).first() is not None
