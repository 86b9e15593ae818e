"""Keep what stands in calendars, and whose calendars there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward import rows
from onward.identity import Actor, Role
from onward.rows import Statement
from services.notification.domain.dates import Date, DateKind, Over
from services.notification.domain.messages import Reader
from services.notification.storage import tables

_d, _c, _w = tables.dates, tables.calendars, tables.workers
_OVER: Final = Statement(
    """
    DELETE FROM dates USING {rows} WHERE dates.handoff_id = rows.handoff_id
        AND (rows.kind IS NULL OR dates.kind = rows.kind)
        AND (rows.item IS NULL OR dates.item = rows.item)
    """,
    handoff_id="uuid",
    kind="text",
    item="uuid",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A worker's calendar."""

    principal: str
    number: int
    """Which of its addresses leads there: every new one ends the one before."""
    open: bool


class Calendars:
    """Dates by handoff, and by whom they concern."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def follow(self, set_: Sequence[Date], over: Sequence[Over]) -> None:
        """Forget the dates that are *over*, then keep those that are set, each given once."""
        if over:
            _OVER.later(self._connection, [_row(one) for one in over])
        rows.keep(self._connection, _d, [_row(one) for one in set_])

    def dates(self, reader: Reader, *, since: datetime, most: int) -> list[Date]:
        """Return up to *most* dates that concern *reader*'s organisations, the earliest first."""
        concerned = sa.or_(
            _d.c.recipient.in_(reader.organisations), _d.c.sender.in_(reader.organisations)
        )
        wanted = sa.select(_d).where(concerned, _d.c.at >= since)
        ordered = wanted.order_by(_d.c.at, _d.c.item, _d.c.kind).limit(most)
        found = self._connection.execute(ordered).mappings()
        return [Date(**{**row, "kind": DateKind(row["kind"])}) for row in found]

    def of(self, principal: str) -> Calendar | None:
        """Return a worker's calendar, None where they never had one."""
        wanted = sa.select(_c.c.principal, _c.c.number, _c.c.open).filter_by(principal=principal)
        row = self._connection.execute(wanted).mappings().first()
        return Calendar(**row) if row else None

    def renew(self, principal: str, *, is_open: bool, now: datetime) -> None:
        """Let a new address lead to a worker's calendar, or none; the one before leads nowhere."""
        insert = pg.insert(_c).values(principal=principal, number=1, open=is_open, changed_at=now)
        again = {"number": _c.c.number + 1, "open": is_open, "changed_at": now}
        self._connection.execute(
            insert.on_conflict_do_update(index_elements=["principal"], set_=again)
        )

    def worker(self, principal: str) -> Actor | None:
        """Return who somebody is, None where they may not sign in."""
        wanted = sa.select(_w).filter_by(principal=principal, open=True)
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        return Actor(principal=principal, organisation=row.organisation, role=Role(row.role))


def _row(noted: Date | Over) -> dict[str, Any]:
    """Return its columns; `asdict` would copy each value, on the way of every event."""
    return {name: getattr(noted, name) for name in noted.__slots__}
