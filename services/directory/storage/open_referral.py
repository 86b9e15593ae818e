"""Find what the public may see: services that take people, or will again, of active organisations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.directory.domain.geography import Point
from services.directory.domain.open_referral.terms import Taxonomy, Term
from services.directory.domain.services import ServiceStatus
from services.directory.storage.listing import contains
from services.directory.storage.offers import FLAT
from services.directory.storage.sandboxes import is_seen
from services.directory.storage.services import may_serve
from services.directory.storage.tables import organisations, programmes, services, sites

PUBLIC: Final = (ServiceStatus.ACTIVE, ServiceStatus.PAUSED)
LAST_DIGITS: Final = 18
"""Where those begin that stand in the identifier as MD5 makes them."""
DEGREE: Final = 111_195
"""Metres of a degree of latitude."""


def _joined(first: sa.ColumnElement[str], *more: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return texts with a slash before each further one; by functions, which PostgreSQL shows as written."""
    whole = first
    for text in more:
        whole = sa.func.textcat(whole, sa.func.textcat(sa.text("'/'"), text))
    return whole


_LOCATION: Final = sa.func.substr(
    sa.func.md5(
        _joined(
            sa.func.encode(sa.func.uuid_send(sites.c.service_id), sa.text("'hex'")),
            sites.c.name,
            sites.c.locality,
            sa.func.coalesce(sites.c.postcode, sa.text("''")),
        )
    ),
    sa.text(str(LAST_DIGITS)),
)
"""Last digits of the identifier that `domain.open_referral.location_id` makes."""
sa.Index("ix_sites_location", _LOCATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a service has to be open; times are those of the wall's clock, such as ``09:30``."""

    day: str | None = None
    """``mon`` to ``sun``."""
    starts: str | None = None
    """It does not begin earlier."""
    ends: str | None = None
    """It does not end later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """No further than so many metres from a point."""

    point: Point
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which services are asked for."""

    words: tuple[str, ...] = ()
    """Each of them stands in the name or the description."""
    term: Term | None = None
    taxonomy: Taxonomy | None = None
    nothing: bool = False
    """True for a term or a taxonomy that nobody uses."""
    minimum_age: int | None = None
    """Its least age is so high."""
    maximum_age: int | None = None
    """Its greatest age is so low."""
    hours: Hours | None = None
    outcode: str | None = None
    """First half of a postcode that its area holds, or may hold."""
    near: Near | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Which part of a list, and of how much."""

    offset: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page: ids, each with when the entry was changed last, and how many there are in all."""

    changed_at: Mapping[UUID, datetime]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of a service: the service, and the number of the site in it, from 1."""

    service_id: UUID
    number: int
    changed_at: datetime


class PublicListing:
    """Services, and the places where they are, as the public finds them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read through *connection*."""
        self._connection = connection

    def services(self, asked: Asked, portion: Portion) -> Listed:
        """Return a page of the services *asked* for, by name."""
        wanted = sa.select(services.c.id, services.c.changed_at).where(*_conditions(asked))
        rows, total = self._page(_public(wanted), portion)
        return Listed(changed_at={row.id: row.changed_at for row in rows}, total=total)

    def service(self, service_id: UUID) -> datetime | None:
        """Return when a service's entry was changed last; None where the public sees no such service."""
        wanted = sa.select(services.c.changed_at).where(services.c.id == service_id)
        changed_at: datetime | None = self._connection.scalar(_public(wanted))
        return changed_at

    def places(self, asked: Asked, portion: Portion) -> tuple[Sequence[Place], int]:
        """Return a page of the places of the services *asked* for, and how many there are in all."""
        wanted = _places().where(*_conditions(asked, site=True))
        rows, total = self._page(wanted, portion, sites.c.number)
        return [_place(row) for row in rows], total

    def place(self, location_id: UUID) -> Place | None:
        """Return one place; None where the public sees no such place."""
        digits = location_id.hex[LAST_DIGITS - 1 :]
        row = self._connection.execute(_places().where(_LOCATION == digits)).first()  # noqa: SIM300 - SQL
        return None if row is None else _place(row)

    def position(self, postcode: str) -> Point | None:
        """Return where *postcode* is: the middle of the places that the directory knows there.

        Those with the same postcode count; without any, those with the same first half of it.
        """
        middle = sa.select(sa.func.avg(sites.c.latitude), sa.func.avg(sites.c.longitude))
        known = sites.c.latitude.is_not(None)
        outcode = postcode.partition(" ")[0]
        for there in (sites.c.postcode == postcode, sites.c.postcode.startswith(f"{outcode} ")):
            row = self._connection.execute(middle.where(known, there)).one()
            if row[0] is not None:
                return Point(latitude=row[0], longitude=row[1])
        return None

    def _page(
        self, wanted: sa.Select[Any], portion: Portion, *more: sa.ColumnElement[Any]
    ) -> tuple[Sequence[Any], int]:
        counted = sa.select(sa.func.count()).select_from(wanted.subquery())
        total = self._connection.scalar(counted) or 0
        ordered = wanted.order_by(sa.func.lower(services.c.name), services.c.id, *more)
        part = ordered.offset(portion.offset).limit(portion.limit)
        return self._connection.execute(part).all(), total


def _place(row: Any) -> Place:
    return Place(service_id=row.service_id, number=row.number, changed_at=row.changed_at)


def _places() -> sa.Select[Any]:
    wanted = sa.select(sites.c.service_id, sites.c.number, services.c.changed_at)
    return _public(wanted.join_from(sites, services, sites.c.service_id == services.c.id))


def _public(wanted: sa.Select[Any]) -> sa.Select[Any]:
    active = sa.select(organisations.c.id).where(
        organisations.c.id == services.c.recipient, organisations.c.active
    )
    real = is_seen(services.c.recipient, None)
    return wanted.where(services.c.status.in_(PUBLIC), active.exists(), real)


def _conditions(asked: Asked, *, site: bool = False) -> list[sa.ColumnElement[bool]]:
    """Return what holds for the services *asked* for; with *site* nearness is that of the place itself."""
    found: list[sa.ColumnElement[bool]] = [sa.false()] if asked.nothing else []
    found += [_says(word) for word in asked.words]
    found += [condition(value) for condition, value in _filters(asked) if value is not None]
    if asked.near is not None:
        close = _close(asked.near)
        here = sa.select(sites.c.number).where(sites.c.service_id == services.c.id, close)
        found.append(close if site else here.exists())
    return found


def _filters(asked: Asked) -> tuple[tuple[Callable[[Any], sa.ColumnElement[bool]], Any], ...]:
    return (
        (_holds, asked.term),
        (_holds_any, asked.taxonomy),
        (lambda age: age <= _LEAST, asked.minimum_age),
        (lambda age: age >= _MOST, asked.maximum_age),
        (_open, asked.hours),
        (may_serve, asked.outcode),
    )


def _says(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(contains(services.c.name, word), contains(services.c.summary, word))


def _holds(term: Term) -> sa.ColumnElement[bool]:
    column = services.c[term.taxonomy.field]
    return column == term.code if _is_one(term.taxonomy) else column.contains([term.code])


def _holds_any(taxonomy: Taxonomy) -> sa.ColumnElement[bool]:
    column = services.c[taxonomy.field]
    return sa.true() if _is_one(taxonomy) else sa.func.cardinality(column) > 0


def _is_one(taxonomy: Taxonomy) -> bool:
    return taxonomy.field == "capacity_kind"


def _age(*operators: tuple[str, int], take: str) -> sa.ColumnElement[int]:
    """Return the age that the rule for everybody names, as `domain.open_referral` finds it."""
    named = ", ".join(f"(part->>'{name}')::int + {more}" for name, more in operators)
    greatest = "greatest" if take == "max" else "least"
    return sa.literal_column(
        f"""(SELECT {take}({greatest}({named})) FROM (
            SELECT coalesce(services.eligibility, (
                SELECT programmes.eligibility FROM {programmes.name}
                WHERE programmes.id = services.programme
            ))->'rule' AS rule
        ) AS said CROSS JOIN LATERAL jsonb_array_elements(
            CASE WHEN rule ? 'all' THEN rule->'all' ELSE jsonb_build_array(rule) END
        ) AS part WHERE part->>'fact' = 'age')""",  # noqa: S608 - our own words
        sa.Integer,
    )


_LEAST: Final = _age(("at_least", 0), ("over", 1), ("is", 0), take="max")
_MOST: Final = _age(("at_most", 0), ("under", -1), ("is", 0), take="min")


def _open(hours: Hours) -> sa.ColumnElement[bool]:
    return _OPEN.bindparams(
        day=hours.day,
        byday=f"BYDAY=[^;]*{hours.day[:2].upper()}" if hours.day else None,
        starts=hours.starts,
        ends=hours.ends,
    ).self_group()  # type: ignore[return-value]


# Hours that end on the next day end later than any time of theirs.
_OPEN: Final = sa.text("""(
    (services.opening->'always' = 'true'
        AND coalesce(:starts, '00:00') = '00:00' AND coalesce(:ends, '24:00') = '24:00')
    OR EXISTS (
        SELECT FROM jsonb_array_elements(services.opening->'weekly') AS one
        WHERE (CAST(:day AS text) IS NULL OR one->'days' @> to_jsonb(CAST(:day AS text)))
            AND (CAST(:starts AS text) IS NULL OR one->>'from' >= :starts)
            AND (CAST(:ends AS text) IS NULL
                OR (one->>'to' <= :ends AND one->>'to' > one->>'from'))
    ) OR EXISTS (
        SELECT FROM jsonb_array_elements(services.opening->'sessions') AS one
        CROSS JOIN LATERAL (
            SELECT CAST(one->>'starts' AS timestamp) AS first,
                CAST(one->>'starts' AS timestamp)
                    + (one->>'minutes')::int * interval '1 minute' AS last
        ) AS at
        WHERE (CAST(:day AS text) IS NULL
                OR one->>'rule' LIKE 'FREQ=DAILY%' OR one->>'rule' ~ :byday)
            AND (CAST(:starts AS text) IS NULL OR to_char(first, 'HH24:MI') >= :starts)
            AND (CAST(:ends AS text) IS NULL OR (
                to_char(last, 'HH24:MI') <= :ends AND first::date = last::date))
    )
)""")


def _close(near: Near) -> sa.ColumnElement[bool]:
    """Return whether a site is no further away than asked for: on the earth, looked up by the index."""
    latitude, longitude = sites.c.latitude, sites.c.longitude
    here = sa.func.point(longitude * sa.literal_column(str(FLAT)), latitude)
    degrees = 2 * near.metres / DEGREE  # more than enough: the index only narrows it down
    corner = near.point.longitude * FLAT, near.point.latitude
    around = sa.func.circle(sa.func.point(*corner), degrees)
    south = sa.func.radians(latitude - near.point.latitude) / 2
    west = sa.func.radians(longitude - near.point.longitude) / 2
    across = sa.func.cos(sa.func.radians(latitude)) * sa.func.cos(
        sa.func.radians(near.point.latitude)
    )
    root = sa.func.power(sa.func.sin(south), 2) + across * sa.func.power(sa.func.sin(west), 2)
    apart = 2 * DEGREE * sa.func.degrees(sa.func.asin(sa.func.least(1.0, sa.func.sqrt(root))))
    return sa.and_(latitude.is_not(None), here.op("<@")(around), apart <= near.metres)
