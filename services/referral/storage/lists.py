"""Keep lists on their way, sealed until they are through, and what became of their lines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.errors import FieldError
from onward.identity import Role
from services.referral.domain.lists import HandedIn, Result
from services.referral.storage.list_tables import list_lines, lists
from services.referral.storage.vault import Vault
from services.referral.storage.wrapping import Rewrapped, rewrap

_TEXT = "list"
_HANDED_IN = [lists.c[name] for name in HandedIn.__slots__]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnItsWay:
    """A list to go on with, locked until commit."""

    handed_in: HandedIn
    text: str
    done: int
    """How many lines were dealt with before."""
    tries: int
    """How often its turn has failed so far."""


class Lists:
    """Lists by id."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, vault: Vault, one: HandedIn, text: str) -> None:
        """Write a new one with its *text*, sealed."""
        key = vault.new_key(one.id)
        seal = key.seal(organisation=one.organisation, about=one.id)
        row = {name: getattr(one, name) for name in HandedIn.__slots__} | {"role": one.role.value}
        row |= {"wrapped_key": key.wrapped, "sealed_text": seal.close(_TEXT, text)}
        self._connection.execute(sa.insert(lists).values(row))

    def find(self, list_id: UUID, organisation: UUID) -> HandedIn | None:
        """Return one of *organisation*'s, or None."""
        wanted = sa.select(*_HANDED_IN).filter_by(id=list_id, organisation=organisation)
        row = self._connection.execute(wanted).mappings().first()
        return _handed_in(row) if row else None

    def next(self) -> HandedIn | None:
        """Return the one whose turn it is: of those that failed least often, the oldest; or None."""
        column = lists.c
        waiting = sa.select(*_HANDED_IN).where(column.finished_at.is_(None))
        wanted = waiting.order_by(column.tries, column.created_at, column.id).limit(1)
        row = self._connection.execute(wanted).mappings().first()
        return _handed_in(row) if row else None

    def take(self, vault: Vault, list_id: UUID) -> OnItsWay | None:
        """Return one that is not through, which nobody else gets until commit; None where somebody has it."""
        open_ = sa.select(lists).filter_by(id=list_id, finished_at=None)
        found = self._connection.execute(open_.with_for_update(skip_locked=True))
        row = found.mappings().first()
        if row is None:
            return None
        key = vault.key(list_id, row["wrapped_key"])
        seal = key.seal(organisation=row["organisation"], about=list_id)
        counted = sa.select(sa.func.count()).select_from(list_lines).filter_by(list_id=list_id)
        return OnItsWay(
            handed_in=_handed_in(row),
            text=seal.open(_TEXT, row["sealed_text"]),
            done=self._connection.execute(counted).scalar_one(),
            tries=row["tries"],
        )

    def report(self, list_id: UUID, results: Sequence[Result]) -> None:
        """Add what became of lines."""
        made = [
            {
                "list_id": list_id,
                "number": one.number,
                "referral_id": one.referral_id,
                "code": one.code,
                "detail": one.detail,
                "errors": [asdict(error) for error in one.errors],
            }
            for one in results
        ]
        if made:
            self._connection.execute(sa.insert(list_lines), made)

    def results(self, list_id: UUID) -> list[Result]:
        """Return what became of the lines so far, in the order of the list."""
        wanted = sa.select(list_lines).filter_by(list_id=list_id).order_by(list_lines.c.number)
        return [
            Result(
                number=row.number,
                referral_id=row.referral_id,
                code=row.code,
                detail=row.detail,
                errors=[FieldError(**error) for error in row.errors],
            )
            for row in self._connection.execute(wanted)
        ]

    def finish(self, list_id: UUID, *, at: datetime) -> None:
        """End one, and let go of what stands in it."""
        gone = {"finished_at": at, "wrapped_key": None, "sealed_text": None}
        self._connection.execute(sa.update(lists).filter_by(id=list_id).values(**gone))

    def failed(self, list_id: UUID) -> None:
        """Note that its turn has failed: others go first."""
        tries = sa.update(lists).filter_by(id=list_id).values(tries=lists.c.tries + 1)
        self._connection.execute(tries)

    def forget(self, *, before: datetime) -> None:
        """Remove the reports of what was through *before*."""
        self._connection.execute(sa.delete(lists).where(lists.c.finished_at < before))

    def rewrap(self, vault: Vault, after: UUID, *, most: int) -> Rewrapped:
        """Wrap the keys of up to *most* lists, from *after* on, under *vault*'s newest."""
        return rewrap(self._connection, lists, vault, after, most=most)


def _handed_in(row: sa.RowMapping) -> HandedIn:
    values: dict[str, Any] = {name: row[name] for name in HandedIn.__slots__}
    return HandedIn(**values | {"role": Role(row["role"])})
