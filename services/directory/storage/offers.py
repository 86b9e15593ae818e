"""Find services that may suit somebody, without reading the others: by need and area, nearby, or anywhere.

`offers` holds one row for each service that takes referrals: what it helps with and by which keys somebody
finds it. It is written with the service's entry, in the same transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.directory.domain.facts import Area, By, Mode, WayIn
from services.directory.domain.geography import Point
from services.directory.domain.matching import Offer, Places, Search
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service, ServiceStatus
from services.directory.storage.columns import Words
from services.directory.storage.tables import claims, metadata, sites

ANY_NEED: Final = "*"
UNSAID: Final = "?"
"""Stands for the needs of a service that does not say what it helps with: it may be just that."""
NOWHERE: Final = "-"
"""Key of a service with neither an area nor a position: it may be anybody's."""
SOMEWHERE: Final = "="
"""Key of a service without an area whose position is known: it is found by being near."""
IN_AREA: Final = 200
"""Services for people of one area that are looked at."""
NEARBY: Final = 200
"""Nearest sites that are looked at."""
ELSEWHERE: Final = 50
"""Services without an area that are looked at."""
LATELY: Final = timedelta(days=365)
"""How far back waiting is measured."""
FLAT: Final = 0.6
"""A degree of longitude in degrees of latitude, in the middle of Great Britain: near enough to find
who is near; the distance itself is measured on the earth."""

offers = sa.Table(
    "offers",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("needs", Words, nullable=False),
    sa.Column("keys", Words, nullable=False),
    sa.Index(None, "needs", "keys", postgresql_using="gin"),
    comment="By what a service that takes referrals is found.",
)
sa.Index(
    "ix_sites_position",
    sa.func.point(sites.c.longitude * sa.literal_column(str(FLAT)), sites.c.latitude),
    postgresql_using="gist",
    postgresql_where=sites.c.latitude.is_not(None),
)
sa.Index(None, claims.c.service_id, claims.c.held_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search looks at."""

    offers: Sequence[Offer]
    complete: bool
    """False where there were more in the area than are looked at."""


class Offers:
    """Services by what they help with and for whom."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def keep(self, service: Service) -> None:
        """Let *service* be found as its entry is now; only who takes referrals is found."""
        self._connection.execute(sa.delete(offers).filter_by(service_id=service.id))
        if service.status is ServiceStatus.ACTIVE:
            row = {"service_id": service.id, "needs": _needs(service), "keys": _keys(service)}
            self._connection.execute(sa.insert(offers), row)

    def find(self, search: Search) -> Found:
        """Return what may suit *search*: those of the person's area, those nearby, those anywhere."""
        home = sorted({*search.home.codes, search.home.outcode or ""} - {""})
        asked = {
            "needs": [*sorted(search.needs), UNSAID] if search.needs else [ANY_NEED],
            "home": home,
            "loose": [NOWHERE] if search.place else [NOWHERE, SOMEWHERE],
            "x": search.place.longitude * FLAT if search.place else None,
            "y": search.place.latitude if search.place else None,
            "in_area": IN_AREA,
            "nearby": NEARBY,
            "elsewhere": ELSEWHERE,
        }
        parts = [_ELSEWHERE]
        if home:
            parts.append(_IN_AREA_NEAREST if search.place else _IN_AREA)
        if search.place:
            parts.append(_NEARBY)
        if len(parts) == 1:
            parts.append(_ANYWHERE)
        rows = self._connection.execute(sa.text(" UNION ALL ".join(parts)), asked).all()
        complete = sum(row.part == "area" for row in rows) < IN_AREA
        return Found(offers=self._read({row.service_id for row in rows}), complete=complete)

    def partners(self, organisation: UUID, on: date) -> frozenset[UUID]:
        """Return the organisations that *organisation* may share with on the day *on*."""
        found = self._connection.scalars(_PARTNERS, {"sender": organisation, "day": on})
        return frozenset(found)

    def waits(self, services: Collection[UUID], at: datetime) -> Mapping[UUID, int]:
        """Return for how many days people waited for a place lately, the middle one of them."""
        asked = {"ids": list(services), "since": at - LATELY}
        return {row.service_id: row.waited.days for row in self._connection.execute(_WAITS, asked)}

    def _read(self, ids: Collection[UUID]) -> list[Offer]:
        if not ids:
            return []
        asked = {"ids": list(ids)}
        points: dict[UUID, list[Point]] = defaultdict(list)
        for row in self._connection.execute(_POINTS, asked):
            points[row.service_id].append(Point(latitude=row.latitude, longitude=row.longitude))
        areas: dict[UUID, list[Area]] = defaultdict(list)
        for row in self._connection.execute(_AREAS, asked):
            areas[row.service_id].append(
                Area(name=row.name, by=By(row.by), code=row.code, outcodes=tuple(row.outcodes))
            )
        places = {row.service_id: _places(row) for row in self._connection.execute(_PLACES, asked)}
        return [
            _offer(row, areas[row.id], points[row.id], places.get(row.id))
            for row in self._connection.execute(_ENTRIES, asked)
        ]


def _needs(service: Service) -> list[str]:
    return [ANY_NEED, *([str(need) for need in service.needs] or [UNSAID])]


def _keys(service: Service) -> list[str]:
    keys = {area.code for area in service.areas if area.code}
    keys |= {outcode for area in service.areas for outcode in area.outcodes}
    if keys:
        return sorted(keys)
    placed = any(site.latitude is not None for site in service.sites)
    return [SOMEWHERE if placed else NOWHERE]


def _offer(
    row: Any, areas: Sequence[Area], points: Sequence[Point], places: Places | None
) -> Offer:
    return Offer(
        service_id=row.id,
        name=row.name,
        kind=CapacityKind(row.capacity_kind),
        nation=row.nation,
        recipient=row.recipient,
        needs=frozenset(row.needs),
        areas=areas,
        areas_known="areas" not in row.unstated,
        points=points,
        online=Mode.ONLINE in row.modes,
        ways_in=frozenset(WayIn(one) for one in row.ways_in),
        answer_hours=row.answer_hours,
        eligibility=_document(row.eligibility),
        opening=_document(row.opening),
        places=places,
    )


def _places(row: Any) -> Places:
    return Places(available=max(0, row.open - row.kept), open=row.open, waiting=row.waiting)


def _document(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


_IN_AREA: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:home AS text[])
    LIMIT :in_area
)"""
_IN_AREA_NEAREST: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    LEFT JOIN LATERAL (
        SELECT min(point(longitude * 0.6, latitude) <-> point(:x, :y)) AS apart
        FROM sites WHERE sites.service_id = offers.service_id
    ) AS nearest ON true
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:home AS text[])
    ORDER BY apart LIMIT :in_area
)"""
_NEARBY: Final = """(
    SELECT service_id, 'near' AS part FROM (
        SELECT service_id FROM sites WHERE latitude IS NOT NULL
        ORDER BY point(longitude * 0.6, latitude) <-> point(:x, :y) LIMIT :nearby
    ) AS near
    JOIN offers USING (service_id) WHERE needs && CAST(:needs AS text[])
)"""
_ELSEWHERE: Final = """(
    SELECT service_id, 'elsewhere' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) AND keys && CAST(:loose AS text[])
    LIMIT :elsewhere
)"""
_ANYWHERE: Final = """(
    SELECT service_id, 'area' AS part FROM offers
    WHERE needs && CAST(:needs AS text[]) LIMIT :in_area
)"""
_ENTRIES: Final = sa.text("""
    SELECT services.id, services.name, capacity_kind, nation, recipient, needs, modes, ways_in,
        answer_hours, services.unstated, services.opening::text AS opening,
        coalesce(services.eligibility, programmes.eligibility)::text AS eligibility
    FROM services LEFT JOIN programmes ON programmes.id = services.programme
    WHERE services.id = ANY(:ids)
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
_POINTS: Final = sa.text("""
    SELECT service_id, latitude, longitude FROM sites
    WHERE service_id = ANY(:ids) AND latitude IS NOT NULL
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
_AREAS: Final = sa.text("""
    SELECT service_id, name, by, code, outcodes FROM areas
    WHERE service_id = ANY(:ids) ORDER BY service_id, number
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
_PLACES: Final = sa.text("""
    SELECT service_id,
        (SELECT count(*) FROM places
            WHERE places.service_id = ledgers.service_id AND opening = 'available') AS open,
        (SELECT count(*) FROM claims
            WHERE claims.service_id = ledgers.service_id AND state IN ('held', 'taken')) AS kept,
        (SELECT count(*) FROM claims
            WHERE claims.service_id = ledgers.service_id AND state = 'queued') AS waiting
    FROM ledgers WHERE service_id = ANY(:ids)
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
_WAITS: Final = sa.text("""
    SELECT service_id,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY held_at - requested_at) AS waited
    FROM claims WHERE service_id = ANY(:ids) AND held_at >= :since AND attempt = 1
    GROUP BY service_id
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
_PARTNERS: Final = sa.text("""
    SELECT DISTINCT to_organisation FROM agreements
    WHERE from_organisation = :sender AND valid_from <= :day
        AND (valid_until IS NULL OR valid_until >= :day)
""").bindparams(sa.bindparam("sender", type_=sa.Uuid))
