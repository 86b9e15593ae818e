"""Notices: read by organisation and role, marked by worker."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.tables import Moment
from services.notification.domain.messages import Notice, Reader
from services.notification.domain.rules import Urgency
from services.notification.storage import tables

CHANNEL = "onward_notices"
"""Where a commit wakes the live streams; losing a wake-up costs seconds, never a notice."""
_n = tables.notices
_s = tables.services
_o = tables.organisations
_told = tables.organisations.alias("told")
_r = tables.reads
_m = tables.read_marks
_i = tables.stand_ins
_p = tables.preferences


class Notices:
    """The inbox in the application."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def page(
        self,
        reader: Reader,
        *,
        read: bool | None,
        before: UUID | None,
        limit: int,
        urgent_first: bool = False,
    ) -> list[Notice]:
        """Return up to *limit* notices that *reader* may see, newest first, from behind notice *before*.

        *read* takes those they have read, or have not; None takes both. With *urgent_first* emergencies
        come before urgent notices and those before routine ones.
        """
        wanted = _visible(reader).limit(limit)
        if urgent_first:
            wanted = wanted.order_by(_RANK)
        wanted = wanted.order_by(_n.c.position.desc())
        if before is not None:
            wanted = wanted.where(_is_behind(before, urgent_first=urgent_first))
        if read is not None:
            wanted = wanted.where(_is_read() if read else ~_is_read())
        return self._all(wanted)

    def newer(self, reader: Reader, *, than: int, limit: int) -> list[Notice]:
        """Return up to *limit* notices that *reader* may see after position *than*, oldest first."""
        wanted = _visible(reader).where(_n.c.position > than).order_by(_n.c.position).limit(limit)
        return self._all(wanted)

    def all_newer(self, *, than: int, limit: int) -> list[Notice]:
        """Return up to *limit* notices of every organisation after *than*, oldest first, all unread."""
        wanted = (
            sa.select(*_COLUMNS, sa.false().label("read"))
            .select_from(_named())
            .where(_n.c.position > than)
            .order_by(_n.c.position)
            .limit(limit)
        )
        return self._all(wanted)

    def last_position(self) -> int:
        """Return the newest notice's position, 0 without any."""
        return self._connection.scalar(sa.select(sa.func.max(_n.c.position))) or 0

    def count_unread(
        self, reader: Reader, *, most: int | None = None, up_to: int | None = None
    ) -> int:
        """Return how many notices *reader* has not read, counting no further than *most*.

        *up_to* leaves those of later positions out.
        """
        wanted = _visible(reader).where(~_is_read()).limit(most)
        unread = (wanted if up_to is None else wanted.where(_n.c.position <= up_to)).subquery()
        return self._connection.scalar(sa.select(sa.func.count()).select_from(unread)) or 0

    def one(self, reader: Reader, id_: UUID) -> Notice | None:
        """Return the notice if *reader* may see it."""
        found = self._all(_visible(reader).where(_n.c.id == id_))
        return found[0] if found else None

    def known(self, reader: Reader, ids: Sequence[UUID]) -> set[UUID]:
        """Return those of *ids* that *reader* may see."""
        seen = _visible(reader).where(_n.c.id.in_(ids)).with_only_columns(_n.c.id)
        return set(self._connection.scalars(seen))

    def mark(self, reader: Reader, ids: Sequence[UUID], now: datetime) -> int:
        """Note that *reader* has read those of *ids* they may see; return how many were unread."""
        unread = _visible(reader).where(_n.c.id.in_(ids), ~_is_read()).subquery()
        rows = sa.select(sa.literal(reader.principal), unread.c.position, sa.literal(now, Moment))
        insert = pg.insert(_r).from_select(["principal", "position", "read_at"], rows)
        done = insert.on_conflict_do_nothing().returning(_r.c.position)
        return len(self._connection.execute(done).all())

    def mark_up_to(self, reader: Reader, position: int) -> None:
        """Note that *reader* has read everything up to *position*."""
        marks = [
            {"principal": reader.principal, "organisation": organisation, "position": position}
            for organisation in reader.organisations
        ]
        insert = pg.insert(_m).values(marks)
        further = sa.func.greatest(_m.c.position, insert.excluded.position)
        self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=["principal", "organisation"], set_={"position": further}
            )
        )

    def _all(self, wanted: sa.Select[Any]) -> list[Notice]:
        rows = self._connection.execute(wanted).mappings()
        return [
            Notice(
                **{
                    **row,
                    "urgency": Urgency(row["urgency"]),
                    "roles": tuple(row["roles"] or ()),
                    "stand_ins": row["stand_ins"] or {},
                }
            )
            for row in rows
        ]


_STAND_INS = (
    sa.select(sa.func.jsonb_object_agg(_i.c.principal, sa.func.coalesce(_p.c.called, "")))
    .select_from(_i.outerjoin(_p, _p.c.principal == _i.c.covers))
    .where(_i.c.event_id == _n.c.event_id, _i.c.organisation == _n.c.organisation)
    .correlate(_n)
    .scalar_subquery()
)
_COLUMNS = (
    _n.c.position,
    _n.c.id,
    _n.c.organisation,
    _told.c.name.label("told"),
    _n.c.template,
    _n.c.urgency,
    _n.c.roles,
    _n.c.about,
    _n.c.handoff_id,
    _n.c.service_id,
    _s.c.name.label("service"),
    _o.c.name.label("counterpart"),
    _n.c.moment,
    _n.c.occurred_at,
    _STAND_INS.label("stand_ins"),
)


def _is_behind(before: UUID, *, urgent_first: bool) -> sa.ColumnElement[bool]:
    last = tables.notices.alias("last")
    position = sa.select(last.c.position).where(last.c.id == before).scalar_subquery()
    if not urgent_first:
        return _n.c.position < position
    rank = sa.select(_rank(last.c.urgency)).where(last.c.id == before).scalar_subquery()
    return sa.or_(rank < _RANK, sa.and_(rank == _RANK, _n.c.position < position))


def _rank(urgency: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    return sa.case({"emergency": 0, "urgent": 1}, value=urgency, else_=2)


_RANK = _rank(_n.c.urgency)


def _named() -> sa.Join:
    with_service = sa.outerjoin(_n, _s, _s.c.id == _n.c.service_id)
    with_other = with_service.outerjoin(_o, _o.c.id == _n.c.counterpart)
    return with_other.outerjoin(_told, _told.c.id == _n.c.organisation)


def _visible(reader: Reader) -> sa.Select[Any]:
    """Select what *reader* may see, as `Reader.may_see` says it, with their marks."""
    marks = sa.and_(_m.c.principal == reader.principal, _m.c.organisation == _n.c.organisation)
    read = sa.and_(_r.c.principal == reader.principal, _r.c.position == _n.c.position)
    return (
        sa.select(*_COLUMNS, _is_read().label("read"))
        .select_from(_named().outerjoin(_r, read).outerjoin(_m, marks))
        .where(
            _n.c.organisation.in_(reader.organisations),
            sa.or_(
                _n.c.roles.is_(None),
                sa.and_(
                    _n.c.organisation == reader.organisation,
                    _n.c.roles.contains([reader.role.value]),
                ),
            ),
        )
    )


def _is_read() -> sa.ColumnElement[bool]:
    return sa.or_(_r.c.position.isnot(None), _n.c.position <= sa.func.coalesce(_m.c.position, 0))
