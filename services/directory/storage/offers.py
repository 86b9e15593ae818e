"""Find services that may suit somebody, without reading the others: by need and area, nearby, or anywhere.

`offers` holds one row for each service that takes referrals: what it helps with, by which keys somebody
finds it, and as one document all of its entry that ranking looks at, so that a candidate costs one row of
one table. It is written with the service's entry, in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.planned import planned
from services.directory.domain.facts import Area, By, Mode, WayIn
from services.directory.domain.geography import NATIONS, Point
from services.directory.domain.matching import Offer, Particulars, Places, Search
from services.directory.domain.places import CapacityKind
from services.directory.domain.services import CountedIn, Service, ServiceStatus
from services.directory.storage import candidates
from services.directory.storage.columns import Document, Words
from services.directory.storage.ledger_tables import claims
from services.directory.storage.sandboxes import Sandboxes
from services.directory.storage.tables import metadata, sites

ANY_NEED: Final = "*"
UNSAID: Final = "?"
"""Stands for the needs of a service that does not say what it helps with: it may be just that."""
NOWHERE: Final = "-"
"""Key of a service with neither an area nor a position: it may be anybody's."""
SOMEWHERE: Final = "="
"""Key of a service without an area whose position is known: it is found by being near."""
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
    sa.Column("recipient", sa.Uuid, nullable=False),
    sa.Column("programme", sa.Uuid),
    sa.Column("entry", sa.JSON, nullable=False),
    sa.Index(None, "needs", "keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    comment="By what a service that takes referrals is found, and what finding looks at.",
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
            _row(one)
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
        parts = [candidates.LOOSE]
        if home:
            parts.append(candidates.AREA_BY_DISTANCE if search.place else candidates.AREA)
        if search.place:
            parts.append(candidates.NEAR)
        if len(parts) == 1:
            parts.append(candidates.ALL)
        asked = _asked(search) | {"home": sorted(home)}
        found = self._connection.execute(candidates.reading(tuple(parts)), asked).one()
        return Found(
            offers=[_offer(*row) for row in orjson.loads(found.rows or "[]")],
            complete=found.complete,
        )

    def particulars(self, services: Collection[UUID], at: datetime) -> Mapping[UUID, Particulars]:
        """Return what else is told of *services*; how long people waited until *at*, they did lately."""
        asked = {"ids": list(services), "since": at - LATELY}
        return {
            row.id: Particulars(
                nation=row.nation,
                opening=row.opening,
                answer_hours=row.answer_hours,
                counts_working_hours=row.counted_in == CountedIn.WORKING_HOURS,
                wait_days=None if row.waited is None else row.waited.days,
            )
            for row in self._connection.execute(_PARTICULARS, asked)
        }


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
    }


def _row(service: Service) -> dict[str, Any]:
    return {
        "service_id": service.id,
        "needs": [ANY_NEED, *(service.needs or [UNSAID])],
        "keys": _keys(service),
        "recipient": service.recipient,
        "programme": service.programme,
        "entry": _entry(service),
    }


def _keys(service: Service) -> list[str]:
    keys = {area.code for area in service.areas if area.code}
    keys |= {outcode for area in service.areas for outcode in area.outcodes}
    if keys:
        return sorted(keys)
    placed = any(site.latitude is not None for site in service.sites)
    return [SOMEWHERE if placed else NOWHERE]


def _entry(service: Service) -> dict[str, Any]:
    """Return what ranking looks at; `_FILL` writes the same."""
    return {
        "name": service.name,
        "kind": service.capacity_kind,
        "needs": service.needs,
        "areas": [[one.name, one.by, one.code, one.outcodes] for one in service.areas],
        "areas_known": "areas" not in service.provenance.unstated,
        "points": [
            [site.latitude, site.longitude] for site in service.sites if site.latitude is not None
        ],
        "online": Mode.ONLINE in service.modes,
        "ways_in": service.ways_in,
        "eligibility": service.eligibility,
    }


def _offer(
    id_: str,
    entry: Mapping[str, Any],
    programmes: Mapping[str, Any] | None,
    shared: bool | None,  # noqa: FBT001 - as the statement has it
    places: tuple[int, int, int] | None,
) -> Offer:
    return Offer(
        service_id=UUID(id_),
        name=entry["name"],
        kind=_KINDS[entry["kind"]],
        shared=bool(shared),
        needs=frozenset(entry["needs"]),
        areas=[_area(*area) for area in entry["areas"]],
        areas_known=entry["areas_known"],
        points=[Point(latitude=lat, longitude=long) for lat, long in entry["points"]],
        online=entry["online"],
        ways_in=frozenset([_WAYS_IN[way] for way in entry["ways_in"]]),
        eligibility=entry["eligibility"] or programmes,
        places=_places(*places) if places else None,
    )


def _area(name: str, by: str, code: str | None, outcodes: Sequence[str]) -> Area:
    return Area(name=name, by=_TIES[by], code=code, outcodes=tuple(outcodes))


def _places(available: int, open_seats: int, waiting: int) -> Places:
    return Places(available=available, open=open_seats, waiting=waiting)


_FILL: Final = sa.text("""
    INSERT INTO offers (service_id, needs, keys, recipient, programme, entry)
    SELECT services.id,
        ARRAY['*'] || CASE services.needs WHEN '{}' THEN ARRAY['?'] ELSE services.needs END,
        CASE
            WHEN cardinality(named.keys) > 0 THEN named.keys
            WHEN placed.points IS NOT NULL THEN ARRAY['=']
            ELSE ARRAY['-']
        END,
        recipient, programme,
        json_build_object(
            'name', services.name, 'kind', capacity_kind, 'needs', services.needs,
            'areas', coalesce(named.areas, '[]'), 'areas_known', 'areas' <> ALL (unstated),
            'points', coalesce(placed.points, '[]'), 'online', 'online' = ANY (modes),
            'ways_in', ways_in, 'eligibility', eligibility
        )
    FROM services
    CROSS JOIN LATERAL (
        SELECT array_agg(code) FILTER (WHERE code IS NOT NULL)
            || ARRAY(SELECT unnest(outcodes) FROM areas WHERE areas.service_id = services.id) AS keys,
            json_agg(json_build_array(name, by, code, outcodes) ORDER BY number) AS areas
        FROM areas WHERE areas.service_id = services.id
    ) AS named
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(latitude, longitude) ORDER BY number) AS points
        FROM sites WHERE sites.service_id = services.id AND latitude IS NOT NULL
    ) AS placed
    WHERE services.status = 'active'
        AND services.recipient NOT IN (SELECT organisation_id FROM sandboxed)
""")
_PARTICULARS: Final = planned(
    sa.text("""
        SELECT id, nation, opening, answer_hours, counted_in, (
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY held_at - requested_at)
            FROM claims JOIN ledgers USING (service_id)
            WHERE service_id = services.id AND held_at >= :since AND attempt = 1
        ) AS waited
        FROM services WHERE id = ANY(:ids)
    """)
    .bindparams(sa.bindparam("ids", type_=pg.ARRAY(sa.Uuid)))
    .columns(id=sa.Uuid, opening=Document)
)
