"""Find out which of the platform's keys wraps whose, and note what came of wrapping them anew."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from onward import rows
from services.referral.storage.advice_tables import advice
from services.referral.storage.list_tables import lists
from services.referral.storage.tables import persons, unfinished
from services.referral.storage.vault import KEY_ID, UNNAMED, Vault

Column = sa.Column[bytes] | sa.Column[bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrapped:
    """What came of one batch."""

    done: int
    unopened: int
    """Wrapped under a key that the vault does not have: they stay as they are."""
    last: UUID | None
    """Where the next batch goes on; None where there was nothing left."""


def is_under_another(wrapped: Column, vault: Vault) -> sa.ColumnElement[bool]:
    """Return the condition that *wrapped* is not under the newest of *vault*'s keys."""
    return sa.and_(wrapped.is_not(None), _key_id(wrapped).is_distinct_from(vault.key_ids[0]))


def rewrap(
    connection: sa.Connection, table: sa.Table, vault: Vault, after: UUID, *, most: int
) -> Rewrapped:
    """Wrap up to *most* keys in *table*, by id from *after* on, under *vault*'s newest."""
    wrapped = table.c.wrapped_key
    wanted = (
        sa.select(table.c.id, wrapped)
        .where(table.c.id > after, is_under_another(wrapped, vault))
        .order_by(table.c.id)
        .limit(most)
        .with_for_update()
    )
    found = connection.execute(wanted).all()
    changed = [
        {"id": row.id, "wrapped_key": key.wrapped}
        for row in found
        if (key := vault.rewrapped(row.id, row.wrapped_key))
    ]
    rows.change(connection, table, changed)
    return Rewrapped(
        done=len(changed),
        unopened=len(found) - len(changed),
        last=found[-1].id if found else None,
    )


class Wrapping:
    """Everybody's wrapped keys, seen together."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read through *connection*."""
        self._connection = connection

    def counts(self) -> Counter[bytes | None]:
        """Return how many keys each of the platform's wraps, by its id; None for those that do not say."""
        found: Counter[bytes | None] = Counter()
        for table in (persons, unfinished, advice, lists):
            wrapped = table.c.wrapped_key
            by = _key_id(wrapped).label("key_id")
            counted = sa.select(by, sa.func.count()).where(wrapped.is_not(None)).group_by(by)
            for key_id, number in self._connection.execute(counted):
                found[bytes(key_id) if key_id is not None else None] += number
        return found


def _key_id(wrapped: Column) -> sa.ColumnElement[bytes | None]:
    named = sa.func.substring(wrapped, 1, KEY_ID, type_=sa.LargeBinary)
    return sa.case((sa.func.octet_length(wrapped) > UNNAMED, named))
