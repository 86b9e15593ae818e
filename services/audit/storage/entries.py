"""Find leaves: of one referral, or by what they say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.audit.domain.leaf import Entry, read
from services.audit.storage import tables

leaves = tables.leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which leaves are wanted; what is None does not matter."""

    referral: UUID | None = None
    organisation: UUID | None = None
    principal: str | None = None
    action: str | None = None
    """An event's key, or the beginning of one that ends in a dot, such as ``access.``."""
    actions: tuple[str, ...] = ()
    """Keys of events, of which any will do; all where empty."""
    person: UUID | None = None
    """Whom the referral is about, by pseudonym."""
    unpurposed: bool = False
    """Only those that state no purpose."""
    since: datetime | None = None
    until: datetime | None = None
    """Leaves before this moment."""
    from_number: int = 0
    """Leaves from this number on."""
    referrals: tuple[UUID, ...] = ()
    """Referrals of which any will do; all where empty."""


class Entries:
    """Leaves, found by their search columns."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read within the transaction of *connection*."""
        self._connection = connection

    def of_referral(self, referral: UUID, *, below: int | None = None) -> list[Entry]:
        """Return every leaf about *referral*, oldest first; only those below *below* where given."""
        query = sa.select(leaves.c.number, leaves.c.body, leaves.c.hash)
        query = query.where(leaves.c.referral == referral).order_by(leaves.c.number)
        if below is not None:
            query = query.where(leaves.c.number < below)
        return [_entry(row) for row in self._connection.execute(query)]

    def search(self, filters: Filters, *, before: int | None, limit: int) -> list[Entry]:
        """Return up to *limit* leaves, newest first, below number *before* where given."""
        query = sa.select(leaves.c.number, leaves.c.body, leaves.c.hash)
        query = query.where(*_conditions(filters)).order_by(leaves.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(leaves.c.number < before)
        return [_entry(row) for row in self._connection.execute(query)]

    def count(self, filters: Filters, *, below: int) -> int:
        """Return how many leaves below number *below* fit."""
        query = sa.select(sa.func.count()).where(leaves.c.number < below, *_conditions(filters))
        return int(self._connection.execute(query).scalar_one())


def _conditions(filters: Filters) -> Sequence[sa.ColumnElement[bool]]:
    columns = (leaves.c.referral, leaves.c.organisation, leaves.c.principal)
    wanted = [(column, getattr(filters, column.name)) for column in columns]
    found = [column == value for column, value in wanted if value is not None]
    if filters.action:
        found.append(_action(filters.action))
    if filters.actions:
        found.append(leaves.c.action.in_(filters.actions))
    if filters.person:
        about = sa.select(tables.persons.c.referral).filter_by(person=filters.person)
        found.append(leaves.c.referral.in_(about))
    if filters.unpurposed:
        found.append(sa.and_(tables.WITHOUT_PURPOSE))
    return [*found, *_bounds(filters)]


def _bounds(filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    if filters.referrals:
        yield leaves.c.referral.in_(filters.referrals)
    if filters.from_number:
        yield leaves.c.number >= filters.from_number
    if filters.since:
        yield leaves.c.occurred >= filters.since
    if filters.until:
        yield leaves.c.occurred < filters.until


def _action(wanted: str) -> sa.ColumnElement[bool]:
    if wanted.endswith("."):
        return leaves.c.action.startswith(wanted, autoescape=True)
    return leaves.c.action == wanted


def _entry(row: Any) -> Entry:
    return Entry(number=row.number, facts=read(row.body), body=row.body, hash=row.hash)
