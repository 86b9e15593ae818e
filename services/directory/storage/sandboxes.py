"""Keep sandboxes, and tell what was made up for one from what is real."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.directory.domain.sandboxes import Sandbox
from services.directory.storage.ledger_tables import claims
from services.directory.storage.tables import sandboxed, sandboxes, services

NOT_REAL = sa.select(sandboxed.c.organisation_id)
"""Every organisation that was made up for some sandbox."""


def is_seen(organisation: sa.ColumnElement[UUID], sandbox: UUID | None) -> sa.ColumnElement[bool]:
    """Return whether *organisation* is real; for whom is in a *sandbox*, whether it is in the same."""
    if sandbox is None:
        return organisation.not_in(NOT_REAL)
    return organisation.in_(NOT_REAL.where(sandboxed.c.sandbox_id == sandbox))


class Sandboxes:
    """Sandboxes by id, owner and member."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, sandbox: Sandbox) -> None:
        """Write a new one, whose organisations are listed already."""
        self._connection.execute(
            sa.insert(sandboxes).values(
                id=sandbox.id,
                owner=sandbox.owner,
                opened_at=sandbox.opened_at,
                hours_passed=sandbox.hours_passed,
            )
        )
        made_up = [
            {"organisation_id": id_, "sandbox_id": sandbox.id} for id_ in sandbox.organisations
        ]
        self._connection.execute(sa.insert(sandboxed), made_up)

    def lock(self, sandbox_id: UUID) -> Sandbox | None:
        """Return one that is to change, closed ones too, or None."""
        wanted = sa.select(sandboxes).filter_by(id=sandbox_id).with_for_update()
        return next(iter(self._read(wanted)), None)

    def owned_by(self, owner: UUID | None) -> Sequence[Sandbox]:
        """Return the open sandboxes of an organisation, or all, the oldest first."""
        open_ = sa.select(sandboxes).where(sandboxes.c.closed_at.is_(None))
        wanted = open_.order_by(sandboxes.c.opened_at, sandboxes.c.id)
        return self._read(wanted.filter_by(owner=owner) if owner else wanted)

    def of(self, organisation: UUID | None) -> UUID | None:
        """Return the sandbox that *organisation* was made up for, None for a real one."""
        wanted = sa.select(sandboxed.c.sandbox_id).filter_by(organisation_id=organisation)
        found: UUID | None = self._connection.scalar(wanted)
        return found

    def made_up(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of *ids*, of organisations, that are not real."""
        wanted = NOT_REAL.where(sandboxed.c.organisation_id.in_(list(ids)))
        return set(self._connection.scalars(wanted))

    def made_up_services(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of *ids*, of services, that are not real."""
        wanted = sa.select(services.c.id).where(
            services.c.id.in_(list(ids)), services.c.recipient.in_(NOT_REAL)
        )
        return set(self._connection.scalars(wanted))

    def close(self, sandbox: Sandbox, *, at: datetime) -> None:
        """Write that it is over."""
        changed = sa.update(sandboxes).filter_by(id=sandbox.id)
        self._connection.execute(changed.values(closed_at=at))

    def let_pass(self, sandbox: Sandbox, by: timedelta) -> None:
        """Write how much time has passed, and let every held place be given up so much sooner."""
        changed = sa.update(sandboxes).filter_by(id=sandbox.id)
        self._connection.execute(changed.values(hours_passed=sandbox.hours_passed))
        offered = sa.select(services.c.id).where(services.c.recipient.in_(sandbox.organisations))
        held = sa.update(claims).where(
            claims.c.service_id.in_(offered), claims.c.ended_at.is_(None)
        )
        self._connection.execute(held.values(held_until=claims.c.held_until - by))

    def _read(self, wanted: sa.Select[Any]) -> list[Sandbox]:
        rows = self._connection.execute(wanted).all()
        members = sa.select(sandboxed).where(sandboxed.c.sandbox_id.in_([one.id for one in rows]))
        found: dict[UUID, list[UUID]] = {one.id: [] for one in rows}
        for member in self._connection.execute(members.order_by(sandboxed.c.organisation_id)):
            found[member.sandbox_id].append(member.organisation_id)
        return [
            Sandbox(
                id=row.id,
                owner=row.owner,
                opened_at=row.opened_at,
                hours_passed=row.hours_passed,
                closed_at=row.closed_at,
                organisations=tuple(found[row.id]),
            )
            for row in rows
        ]
