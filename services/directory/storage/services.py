"""Keep services, with their providers, sites and areas."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.claims import ON_A_PLACE
from services.directory.domain.facts import Area, Need, Provenance, Site
from services.directory.domain.places import CapacityKind, Opening
from services.directory.domain.services import Limits, Service, ServiceStatus, Terms
from services.directory.storage.ledger_tables import claims, ledgers, places
from services.directory.storage.listing import Part, by_name, contains
from services.directory.storage.offers import Offers, offers
from services.directory.storage.reading import racing
from services.directory.storage.sandboxes import is_seen
from services.directory.storage.tables import areas, providers, services, sites

_LIMITS = [field.name for field in fields(Limits)]
_TERMS = [field.name for field in fields(Terms)]
_PROVENANCE = [field.name for field in fields(Provenance)]
_PLAIN = [field.name for field in fields(Service) if field.name in services.c]
_COUNTED = sa.exists().where(ledgers.c.service_id == services.c.id).label("counted")
_IN_TABLES = (providers, sites, areas)
T = TypeVar("T", Site, Area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which services to list."""

    text: str | None = None
    status: ServiceStatus | None = None
    provider: UUID | None = None
    programme: UUID | None = None
    host: UUID | None = None
    """Only services whose workers sit in this organisation."""
    funder: UUID | None = None
    need: Need | None = None
    outcode: str | None = None
    """First half of a postcode: only services whose area holds it, or whose area is not known."""
    has_room_on: date | None = None
    """Only services known to have room on this day."""
    opening_stated: bool = False
    """Only services whose entry says when they are open."""
    sandbox: UUID | None = None
    """Only services made up for this sandbox; only real ones without it."""


class Services:
    """Services by id, name, status, provider, need, place and room."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, new: Sequence[Service], *, at: datetime) -> None:
        """Write new ones. Raises `ContendedError` where somebody else has just written one."""
        with racing():
            _insert(self._connection, services, [_row(one) | {"changed_at": at} for one in new])
        self._add_parts(new)

    def change(self, changed: Sequence[Service], *, at: datetime) -> None:
        """Write newer versions over those before."""
        if not changed:
            return
        ids = [one.id for one in changed]
        self._connection.execute(_OVERWRITE, [_row(one) | {"changed_at": at} for one in changed])
        for table in (offers, *_IN_TABLES):
            self._connection.execute(sa.delete(table).where(table.c.service_id.in_(ids)))
        self._add_parts(changed)

    def find(self, service_id: UUID) -> Service | None:
        """Return one, or None."""
        return next(iter(self._all(sa.select(services, _COUNTED).filter_by(id=service_id))), None)

    def get(self, service_id: UUID) -> Service:
        """Return one. Raises `NotFoundError`."""
        found = self.find(service_id)
        if found is None:
            raise NotFoundError("service")
        return found

    def many(self, ids: Iterable[UUID]) -> dict[UUID, Service]:
        """Return those of *ids* that exist."""
        wanted = sa.select(services, _COUNTED).where(services.c.id.in_(list(ids)))
        return {one.id: one for one in self._all(wanted)}

    def lock_all(self, ids: Iterable[UUID]) -> dict[UUID, Service]:
        """Return those of *ids* that exist, to be changed; locked in one order, whoever asks."""
        wanted = sa.select(services, _COUNTED).where(services.c.id.in_(list(ids)))
        locked = wanted.order_by(services.c.id).with_for_update()
        return {one.id: one for one in self._all(locked)}

    def lock(self, service_id: UUID, version: int) -> Service:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        found = self.lock_all([service_id]).get(service_id)
        if found is None:
            raise NotFoundError("service")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def named(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return the names of those of *ids* that exist."""
        wanted = sa.select(services.c.id, services.c.name).where(services.c.id.in_(list(ids)))
        return {row.id: row.name for row in self._connection.execute(wanted)}

    def listed(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of *ids* that entries may name: those that exist, and were not made up."""
        wanted = sa.select(services.c.id).where(
            services.c.id.in_(list(ids)), is_seen(services.c.recipient, None)
        )
        return set(self._connection.scalars(wanted))

    def asked_by(self, recipients: Iterable[UUID]) -> dict[UUID, set[str]]:
        """Return which sections of a handoff pack the active services of each recipient ask for."""
        column = services.c
        wanted = sa.select(column.recipient, sa.func.unnest(column.asks_for).label("section"))
        wanted = wanted.where(
            column.recipient.in_(list(recipients)), column.status == ServiceStatus.ACTIVE
        )
        found: dict[UUID, set[str]] = defaultdict(set)
        for row in self._connection.execute(wanted.distinct()):
            found[row.recipient].add(row.section)
        return found

    def part(self, part: Part, wanted: Wanted) -> Sequence[Service]:
        """Return the services *wanted*, by name."""
        query = sa.select(services, _COUNTED).where(*_conditions(wanted))
        return self._all(by_name(query, services, part))

    def _all(self, wanted: sa.Select[Any]) -> list[Service]:
        rows = self._connection.execute(wanted).mappings().all()
        ids = [row["id"] for row in rows]
        provided = self._providers(ids)
        found_at, serves = self._parts(sites, Site, ids), self._parts(areas, Area, ids)
        return [
            _service(
                row,
                providers=provided[row["id"]],
                sites=found_at[row["id"]],
                areas=serves[row["id"]],
            )
            for row in rows
        ]

    def _providers(self, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        found: dict[UUID, tuple[UUID, ...]] = defaultdict(tuple)
        wanted = sa.select(providers).where(providers.c.service_id.in_(list(ids)))
        for row in self._connection.execute(wanted.order_by(providers.c.number)):
            found[row.service_id] += (row.organisation_id,)
        return found

    def _parts(
        self, table: sa.Table, made: type[T], ids: Iterable[UUID]
    ) -> dict[UUID, tuple[T, ...]]:
        found: dict[UUID, tuple[T, ...]] = defaultdict(tuple)
        wanted = sa.select(table).where(table.c.service_id.in_(list(ids)))
        for row in self._connection.execute(wanted.order_by(table.c.number)).mappings():
            one = made(**{field.name: row[field.name] for field in fields(made)})
            found[row["service_id"]] += (one,)
        return found

    def _add_parts(self, of: Sequence[Service]) -> None:
        Offers(self._connection).add(of)
        for table in _IN_TABLES:
            _insert(self._connection, table, [row for one in of for row in _parts(one, table)])


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    column = services.c
    told = {column.status: wanted.status, column.programme: wanted.programme}
    found = [kept == value for kept, value in told.items() if value is not None]
    found += [condition(value) for condition, value in _asked(wanted) if value]
    if wanted.has_room_on:
        found.append(_has_room(wanted.has_room_on))
    if wanted.opening_stated:
        found.append(column.opening.is_not(None))
    found.append(is_seen(column.recipient, wanted.sandbox))
    return found


def _asked(wanted: Wanted) -> tuple[tuple[Callable[[Any], sa.ColumnElement[bool]], Any], ...]:
    return (
        (_says, wanted.text),
        (_provided_by, wanted.provider),
        (lambda party: _names(services.c.hosts, party), wanted.host),
        (lambda party: _names(services.c.funders, party), wanted.funder),
        (lambda need: services.c.needs.contains([need]), wanted.need),
        (may_serve, wanted.outcode),
    )


def _says(text: str) -> sa.ColumnElement[bool]:
    return sa.or_(contains(services.c.name, text), contains(services.c.summary, text))


def _provided_by(organisation: UUID) -> sa.ColumnElement[bool]:
    mine = sa.select(providers.c.service_id).filter_by(organisation_id=organisation)
    return services.c.id.in_(mine)


def _names(parts: sa.Column[Any], organisation: UUID) -> sa.ColumnElement[bool]:
    """Return whether a list of *parts* names *organisation*."""
    said = sa.cast([{"organisation": str(organisation)}], pg.JSONB)
    return sa.cast(parts, pg.JSONB).contains(said)


def may_serve(outcode: str) -> sa.ColumnElement[bool]:
    """Return whether a service's area holds *outcode*, or nobody knows of one of its areas."""
    its = sa.select(areas.c.service_id).where(areas.c.service_id == services.c.id)
    held = its.where(sa.or_(areas.c.outcodes.contains([outcode]), areas.c.outcodes == []))
    return sa.or_(held.exists(), ~its.exists())


def _has_room(on: date) -> sa.ColumnElement[bool]:
    """Return whether a service takes people and is known to have room on a day."""
    taken = sa.select(sa.func.count()).where(
        claims.c.place_id == places.c.id, claims.c.state.in_(sorted(ON_A_PLACE))
    )
    last = sa.func.coalesce(places.c.enrols_until, places.c.ends_on)
    free = sa.select(places.c.id).where(
        places.c.service_id == services.c.id,
        places.c.opening == Opening.AVAILABLE,
        sa.or_(last.is_(None), last >= on),
        places.c.seats > taken.scalar_subquery(),
    )
    uncapped = services.c.capacity_kind == CapacityKind.DROP_IN
    return sa.and_(services.c.status == ServiceStatus.ACTIVE, sa.or_(free.exists(), uncapped))


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _parts(service: Service, table: sa.Table) -> list[dict[str, Any]]:
    """Return the rows of *service* in a table of its parts, numbered from 1."""
    found: dict[sa.Table, list[dict[str, Any]]] = {
        providers: [{"organisation_id": id_} for id_ in service.providers],
        sites: [asdict(site) for site in service.sites],
        areas: [asdict(area) for area in service.areas],
    }
    numbered = enumerate(found[table], start=1)
    return [{"service_id": service.id, "number": n, **part} for n, part in numbered]


def _row(service: Service) -> dict[str, Any]:
    plain = {name: getattr(service, name) for name in _PLAIN}
    return plain | asdict(service.limits) | asdict(service.terms) | asdict(service.provenance)


def _service(values: Mapping[Any, Any], **in_tables: Any) -> Service:
    return Service(
        **{name: values[name] for name in _PLAIN},
        counted=values["counted"],
        limits=Limits(**{name: values[name] for name in _LIMITS}),
        terms=Terms(**{name: values[name] for name in _TERMS}),
        provenance=Provenance(**{name: values[name] for name in _PROVENANCE}),
        **in_tables,
    )


def _overwriting() -> pg.Insert:
    """Return what writes rows over those with the same id, as many as there are in one statement."""
    writing = pg.insert(services)
    names = [column.name for column in services.c if not column.primary_key]
    return writing.on_conflict_do_update(
        index_elements=["id"], set_={name: writing.excluded[name] for name in names}
    )


_OVERWRITE = _overwriting()
