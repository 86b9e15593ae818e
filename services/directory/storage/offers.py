"""Find services that may suit somebody, without reading the others: by need and area, nearby, or anywhere.

`offers` holds one row for each service that takes referrals: what it helps with and by which keys somebody
finds it. It is written with the service's entry, in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.directory.domain.facts import Area, By, Mode, WayIn
from services.directory.domain.geography import NATIONS, Point
from services.directory.domain.matching import Offer, Places, Search
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import Service, ServiceStatus
from services.directory.storage.columns import Words
from services.directory.storage.sandboxes import Sandboxes
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
AROUND: Final = 400
"""Nearest sites among which those that help are looked for."""
NEARBY: Final = 60
"""Nearest services that help that are looked at."""
ELSEWHERE: Final = 30
"""Services without an area, or for the whole nation, that are looked at."""
LATELY: Final = timedelta(days=365)
"""How far back waiting is measured."""
FLAT: Final = 0.6
"""A degree of longitude in degrees of latitude, in the middle of Great Britain: near enough to find
who is near; the distance itself is measured on the earth."""
_KINDS: Final = {kind.value: kind for kind in CapacityKind}
_WAYS_IN: Final = {way.value: way for way in WayIn}
_TIES: Final = {tie.value: tie for tie in By}
_NATIONS: Final = frozenset(NATIONS.values())
"""Keys under which more services are found than need to be looked at."""

offers = sa.Table(
    "offers",
    metadata,
    sa.Column("service_id", sa.Uuid, sa.ForeignKey("services.id"), primary_key=True),
    sa.Column("needs", Words, nullable=False),
    sa.Column("keys", Words, nullable=False),
    sa.Index(None, "needs", "keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
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
    """False where there are more for the person's area, or for everybody, than are looked at."""


class Offers:
    """Services by what they help with and for whom."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, new: Sequence[Service]) -> None:
        """Let *new* services be found, of which none was before; only who takes referrals is found.

        One that was made up to try systems out with is nobody's match.
        """
        made_up = Sandboxes(self._connection).made_up({one.recipient for one in new})
        rows = [
            {"service_id": one.id, "needs": _needs(one), "keys": _keys(one)}
            for one in new
            if one.status is ServiceStatus.ACTIVE and one.recipient not in made_up
        ]
        if rows:
            self._connection.execute(sa.insert(offers), rows)

    def keep_all(self) -> None:
        """Let every service be found as its entry is now: after many were written past `add`."""
        self._connection.execute(sa.delete(offers))
        self._connection.execute(_FILL)

    def find(self, search: Search) -> Found:
        """Return what may suit *search*: those of the person's area, those nearby, those anywhere."""
        home = set(search.home.codes - _NATIONS)
        if search.home.outcode:
            home.add(search.home.outcode)
        parts = [_ELSEWHERE]
        if home:
            parts.append(_IN_AREA_NEAREST if search.place else _IN_AREA)
        if search.place:
            parts.append(_NEARBY)
        if len(parts) == 1:
            parts.append(_ANYWHERE)
        asked = _asked(search) | {"home": sorted(home)}
        rows = self._connection.execute(_entries(tuple(parts)), asked).all()
        return Found(
            offers=[_offer(row) for row in rows], complete=all(row.complete for row in rows)
        )

    def waits(self, services: Collection[UUID], at: datetime) -> Mapping[UUID, int]:
        """Return for how many days people waited for a place lately, the middle one of them."""
        asked = {"ids": list(services), "since": at - LATELY}
        return {row.service_id: row.waited.days for row in self._connection.execute(_WAITS, asked)}


def _asked(search: Search) -> dict[str, Any]:
    """Return what the statements ask for, the keys of somebody's home aside."""
    loose = [NOWHERE, *(search.home.codes & _NATIONS)]
    place = search.place
    return {
        "needs": [*sorted(search.needs), UNSAID] if search.needs else [ANY_NEED],
        "loose": loose if place else [*loose, SOMEWHERE],
        "x": place.longitude * FLAT if place else None,
        "y": place.latitude if place else None,
        "sender": search.sender,
        "on": search.on,
        "in_area": IN_AREA,
        "around": AROUND,
        "nearby": NEARBY,
        "elsewhere": ELSEWHERE,
    }


def _needs(service: Service) -> list[str]:
    return [ANY_NEED, *([str(need) for need in service.needs] or [UNSAID])]


def _keys(service: Service) -> list[str]:
    keys = {area.code for area in service.areas if area.code}
    keys |= {outcode for area in service.areas for outcode in area.outcodes}
    if keys:
        return sorted(keys)
    placed = any(site.latitude is not None for site in service.sites)
    return [SOMEWHERE if placed else NOWHERE]


def _offer(row: Any) -> Offer:
    return Offer(
        service_id=row.id,
        name=row.name,
        kind=_KINDS[row.capacity_kind],
        nation=row.nation,
        shared=bool(row.shared),
        needs=frozenset(row.needs),
        areas=[_area(*area) for area in _document(row.areas) or ()],
        areas_known="areas" not in row.unstated,
        points=[Point(latitude=lat, longitude=long) for lat, long in _document(row.points) or ()],
        online=Mode.ONLINE in row.modes,
        ways_in=frozenset(_WAYS_IN[one] for one in row.ways_in),
        answer_hours=row.answer_hours,
        eligibility=_document(row.eligibility),
        opening=row.opening,
        places=_places(*_document(row.places)) if row.places else None,
    )


def _area(name: str, by: str, code: str | None, outcodes: Sequence[str]) -> Area:
    return Area(name=name, by=_TIES[by], code=code, outcodes=tuple(outcodes))


def _places(seats: tuple[int, int], waiting: int) -> Places:
    available, open_seats = seats
    return Places(available=available, open=open_seats, waiting=waiting)


def _document(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


_FILL: Final = sa.text("""
    INSERT INTO offers (service_id, needs, keys)
    SELECT services.id,
        ARRAY['*'] || CASE services.needs WHEN '{}' THEN ARRAY['?'] ELSE services.needs END,
        CASE
            WHEN cardinality(named.keys) > 0 THEN named.keys
            WHEN EXISTS (
                SELECT FROM sites WHERE sites.service_id = services.id AND latitude IS NOT NULL
            ) THEN ARRAY['=']
            ELSE ARRAY['-']
        END
    FROM services CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT code FROM areas WHERE areas.service_id = services.id AND code IS NOT NULL
            UNION
            SELECT unnest(outcodes) FROM areas WHERE areas.service_id = services.id
        ) AS keys
    ) AS named
    WHERE services.status = 'active'
        AND services.recipient NOT IN (SELECT organisation_id FROM sandboxed)
""")
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
        SELECT service_id, point(longitude * 0.6, latitude) <-> point(:x, :y) AS apart
        FROM sites WHERE latitude IS NOT NULL
        ORDER BY point(longitude * 0.6, latitude) <-> point(:x, :y) LIMIT :around
    ) AS near
    CROSS JOIN LATERAL (
        SELECT FROM offers
        WHERE offers.service_id = near.service_id AND needs && CAST(:needs AS text[])
        OFFSET 0 -- looked up one by one, not joined: the table is large and these are few
    ) AS wanted
    ORDER BY apart LIMIT :nearby
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
_ENTRIES: Final = """
    WITH found AS MATERIALIZED ({found})
    SELECT services.id, services.name, capacity_kind, nation, services.needs, modes, ways_in,
        answer_hours, services.unstated, services.opening::text AS opening,
        coalesce(services.eligibility, programmes.eligibility)::text AS eligibility,
        recipient = :sender OR EXISTS (
            SELECT FROM agreements
            WHERE from_organisation = :sender AND to_organisation = recipient
                AND valid_from <= :on AND (valid_until IS NULL OR valid_until >= :on)
        ) AS shared,
        (SELECT count(*) FILTER (WHERE part = 'area') < :in_area
            AND count(*) FILTER (WHERE part = 'elsewhere') < :elsewhere FROM found) AS complete,
        (SELECT json_agg(json_build_array(latitude, longitude))::text
            FROM sites WHERE sites.service_id = services.id AND latitude IS NOT NULL) AS points,
        (SELECT json_agg(json_build_array(name, by, code, outcodes) ORDER BY number)::text
            FROM areas WHERE areas.service_id = services.id) AS areas,
        (SELECT json_build_array(
            (SELECT json_build_array(coalesce(sum(greatest(seats - kept, 0)), 0), coalesce(sum(seats), 0))
                FROM places CROSS JOIN LATERAL (
                    SELECT count(*) AS kept FROM claims
                    WHERE claims.place_id = places.id AND state IN ('held', 'taken')
                ) AS seated
                WHERE places.service_id = ledgers.service_id AND opening = 'available'
                    AND coalesce(enrols_until, ends_on, :on) >= :on),
            (SELECT count(*) FROM claims
                WHERE claims.service_id = ledgers.service_id AND ended_at IS NULL
                    AND state = 'queued'))::text
            FROM ledgers WHERE ledgers.service_id = services.id) AS places
    FROM (SELECT DISTINCT service_id FROM found) AS ids
    JOIN services ON services.id = ids.service_id
    LEFT JOIN programmes ON programmes.id = services.programme
"""


@cache
def _entries(parts: tuple[str, ...]) -> sa.TextClause:
    """Return the statement that reads what *parts* find."""
    wanted = sa.text(_ENTRIES.format(found=" UNION ALL ".join(parts)))
    return wanted.bindparams(sa.bindparam("sender", type_=sa.Uuid))


_WAITS: Final = sa.text("""
    SELECT service_id,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY held_at - requested_at) AS waited
    FROM claims WHERE service_id = ANY(:ids) AND held_at >= :since AND attempt = 1
    GROUP BY service_id
""").bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
