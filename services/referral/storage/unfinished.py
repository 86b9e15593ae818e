"""Keep forms that somebody has begun, each sealed under a key of its own that goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.referral.storage.tables import unfinished
from services.referral.storage.vault import Vault
from services.referral.storage.wrapping import Rewrapped, rewrap

_FORM = "unfinished"
Typed = Sequence[tuple[str, str]]
"""Names and values of a form's fields, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A form that somebody has begun, without what is in it."""

    id: UUID
    organisation: UUID
    principal: str
    """Whose it is; nobody else in their organisation reads it."""
    service_id: UUID
    kept_at: datetime


class Unfinished:
    """Forms by id and by whose they are."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep(self, vault: Vault, begun: Begun, typed: Typed) -> bool:
        """Write a form, over what was kept of it; False where that id is somebody else's."""
        key = vault.new_key(begun.id)
        seal = key.seal(organisation=begun.organisation, about=begun.id)
        row = {
            "id": begun.id,
            "organisation": begun.organisation,
            "principal": begun.principal,
            "service_id": begun.service_id,
            "wrapped_key": key.wrapped,
            "sealed_form": seal.close(_FORM, [list(pair) for pair in typed]),
            "kept_at": begun.kept_at,
        }
        new = pg.insert(unfinished).values(**row)
        kept = new.on_conflict_do_update(
            index_elements=["id"],
            set_={name: new.excluded[name] for name in row if name != "id"},
            where=sa.and_(
                unfinished.c.principal == begun.principal,
                unfinished.c.organisation == begun.organisation,
            ),
        )
        return self._connection.execute(kept.returning(unfinished.c.id)).first() is not None

    def of(self, principal: str, organisation: UUID, *, most: int) -> list[Begun]:
        """Return what somebody has begun for *organisation*, the latest first."""
        wanted = (
            sa.select(*_SHOWN)
            .filter_by(principal=principal, organisation=organisation)
            .order_by(unfinished.c.kept_at.desc(), unfinished.c.id)
            .limit(most)
        )
        return [Begun(**row._mapping) for row in self._connection.execute(wanted)]  # noqa: SLF001

    def read(
        self, vault: Vault, form_id: UUID, principal: str, organisation: UUID
    ) -> Typed | None:
        """Return what somebody typed into a form, or None where it is not there, or not theirs."""
        wanted = sa.select(unfinished).filter_by(
            id=form_id, principal=principal, organisation=organisation
        )
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        key = vault.key(form_id, row.wrapped_key)
        typed = key.seal(organisation=organisation, about=form_id).open(_FORM, row.sealed_form)
        return [(name, value) for name, value in typed]

    def rewrap(self, vault: Vault, after: UUID, *, most: int) -> Rewrapped:
        """Wrap the keys of up to *most* forms, from *after* on, under *vault*'s newest."""
        return rewrap(self._connection, unfinished, vault, after, most=most)

    def drop(self, form_id: UUID, principal: str) -> None:
        """Forget a form of somebody's, if it is there."""
        self._connection.execute(sa.delete(unfinished).filter_by(id=form_id, principal=principal))

    def drop_older(self, than: datetime) -> int:
        """Forget what was kept before a moment; return how many there were."""
        return self._connection.execute(
            sa.delete(unfinished).where(unfinished.c.kept_at < than)
        ).rowcount


_SHOWN = tuple(
    unfinished.c[name] for name in ("id", "organisation", "principal", "service_id", "kept_at")
)
