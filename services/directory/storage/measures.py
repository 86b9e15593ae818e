"""Read what happened at a service's places: stays, changes, waits and headcounts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.directory.domain.claims import BEGUN, Claim
from services.directory.domain.measures import Lived, PlaceChange, Span
from services.directory.domain.places import Place
from services.directory.storage.ledger_tables import claims, headcounts, place_changes, places
from services.directory.storage.reading import columns, read_all

_CLAIM = columns(claims, Claim)
_CHANGE = columns(place_changes, PlaceChange)


class Histories:
    """What happened, by service or place."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def changes(self, place_id: UUID) -> list[PlaceChange]:
        """Return how a place came to be as it is, the earliest first."""
        wanted = sa.select(*_CHANGE).filter_by(place_id=place_id)
        return read_all(self._connection, wanted.order_by(place_changes.c.number), PlaceChange)

    def stays(self, place_id: UUID, after: Sequence[str] | None, limit: int) -> list[Claim]:
        """Return *limit* claims on a place, the latest offer first, from behind *after* on."""
        key = (claims.c.held_at, claims.c.handoff_id, claims.c.attempt)
        wanted = sa.select(*_CLAIM).filter_by(place_id=place_id)
        if after:
            held, handoff_id, attempt = after
            position = (datetime.fromisoformat(held), UUID(handoff_id), int(attempt))
            wanted = wanted.where(sa.tuple_(*key) < sa.tuple_(*map(sa.literal, position)))
        latest = wanted.order_by(*(part.desc() for part in key)).limit(limit)
        return read_all(self._connection, latest, Claim)

    def lived(self, service_id: UUID, of: Span) -> list[Lived]:
        """Return a service's places with whatever the time *of* needs to know of them."""
        mine = sa.select(*columns(places, Place)).filter_by(service_id=service_id)
        found = read_all(self._connection, mine, Place)
        stays, changes = self._stays(service_id, of), self._changes(service_id)
        return [
            Lived(place=place, changes=changes[place.id], stays=stays[place.id]) for place in found
        ]

    def waits(self, service_id: UUID, of: Span) -> list[timedelta]:
        """Return how long those waited whose wait ended in the time *of*."""
        wanted = sa.select(claims.c.held_at - claims.c.requested_at).where(
            claims.c.service_id == service_id,
            claims.c.attempt == 1,
            claims.c.held_at >= of.start,
            claims.c.held_at < of.end,
        )
        return list(self._connection.scalars(wanted))

    def begun(self, service_id: UUID) -> list[Claim]:
        """Return who is with a service now, the longest there first."""
        wanted = sa.select(*_CLAIM).where(
            claims.c.service_id == service_id, claims.c.state.in_(sorted(BEGUN))
        )
        ordered = wanted.order_by(claims.c.taken_at, claims.c.handoff_id)
        return read_all(self._connection, ordered, Claim)

    def count(self, service_id: UUID, on: date, people: int, *, at: datetime) -> None:
        """Write how many came on a day, or write it anew."""
        insert = pg.insert(headcounts).values(
            service_id=service_id, on=on, people=people, changed_at=at
        )
        self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=["service_id", "on"],
                set_={"people": insert.excluded.people, "changed_at": insert.excluded.changed_at},
            )
        )

    def counted(self, service_id: UUID, *, most: int) -> list[tuple[date, int]]:
        """Return the last *most* days on which somebody counted, the newest first, with how many came."""
        wanted = sa.select(headcounts.c.on, headcounts.c.people).filter_by(service_id=service_id)
        rows = self._connection.execute(wanted.order_by(headcounts.c.on.desc()).limit(most))
        return [(row.on, row.people) for row in rows]

    def attended(self, service_id: UUID, first: date, last: date) -> int | None:
        """Return how many visits were counted from *first* to *last*; None where nobody counted."""
        wanted = sa.select(sa.func.sum(headcounts.c.people)).where(
            headcounts.c.service_id == service_id, headcounts.c.on.between(first, last)
        )
        counted: int | None = self._connection.scalar(wanted)
        return counted

    def _stays(self, service_id: UUID, of: Span) -> dict[UUID | None, list[Claim]]:
        found: dict[UUID | None, list[Claim]] = defaultdict(list)
        wanted = sa.select(*_CLAIM).where(
            claims.c.service_id == service_id,
            claims.c.taken_at < of.end,
            sa.or_(claims.c.ended_at.is_(None), claims.c.ended_at > of.start),
        )
        for claim in read_all(self._connection, wanted, Claim):
            found[claim.place_id].append(claim)
        return found

    def _changes(self, service_id: UUID) -> dict[UUID, list[PlaceChange]]:
        found: dict[UUID, list[PlaceChange]] = defaultdict(list)
        wanted = sa.select(place_changes).join(places).where(places.c.service_id == service_id)
        ordered = wanted.order_by(place_changes.c.place_id, place_changes.c.number)
        for row in self._connection.execute(ordered):
            change = PlaceChange(at=row.at, opening=row.opening, seats=row.seats)
            found[row.place_id].append(change)
        return found
