"""Keep services, with their providers and sites."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from onward.errors import NotFoundError, StaleVersionError
from services.directory.domain.services import Limits, Service, ServiceStatus, Site, Terms
from services.directory.storage.listing import Part, by_name, contains
from services.directory.storage.tables import providers, services, sites

_LIMITS = [field.name for field in fields(Limits)]
_TERMS = [field.name for field in fields(Terms)]
_PLAIN = [field.name for field in fields(Service) if field.name in services.c]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which services to list."""

    text: str | None = None
    status: ServiceStatus | None = None
    provider: UUID | None = None


class Services:
    """Services by id, name, status and provider."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, service: Service, *, at: datetime) -> None:
        """Write a new one."""
        self._connection.execute(sa.insert(services).values(**_row(service), changed_at=at))
        self._add_parts(service)

    def change(self, service: Service, *, at: datetime) -> None:
        """Write a newer version over the one before."""
        self._connection.execute(
            sa.update(services).filter_by(id=service.id).values(**_row(service), changed_at=at)
        )
        for table in (providers, sites):
            self._connection.execute(sa.delete(table).filter_by(service_id=service.id))
        self._add_parts(service)

    def find(self, service_id: UUID) -> Service | None:
        """Return one, or None."""
        return next(iter(self._all(sa.select(services).filter_by(id=service_id))), None)

    def get(self, service_id: UUID) -> Service:
        """Return one. Raises `NotFoundError`."""
        found = self.find(service_id)
        if found is None:
            raise NotFoundError("service")
        return found

    def lock(self, service_id: UUID, version: int) -> Service:
        """Return one to be changed. Raises `NotFoundError` or `StaleVersionError`."""
        wanted = sa.select(services).filter_by(id=service_id).with_for_update()
        found = next(iter(self._all(wanted)), None)
        if found is None:
            raise NotFoundError("service")
        if found.version != version:
            raise StaleVersionError(found.version)
        return found

    def part(self, part: Part, wanted: Wanted) -> Sequence[Service]:
        """Return the services *wanted*, by name."""
        query = sa.select(services)
        if wanted.text:
            column = services.c
            query = query.where(
                sa.or_(contains(column.name, wanted.text), contains(column.summary, wanted.text))
            )
        if wanted.status:
            query = query.filter_by(status=wanted.status)
        if wanted.provider:
            mine = sa.select(providers.c.service_id).filter_by(organisation_id=wanted.provider)
            query = query.where(services.c.id.in_(mine))
        return self._all(by_name(query, services, part))

    def _all(self, wanted: sa.Select[Any]) -> list[Service]:
        rows = self._connection.execute(wanted).mappings().all()
        ids = [row["id"] for row in rows]
        provided, found_at = self._providers(ids), self._sites(ids)
        return [_service(row, provided[row["id"]], found_at[row["id"]]) for row in rows]

    def _providers(self, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        found: dict[UUID, tuple[UUID, ...]] = defaultdict(tuple)
        wanted = sa.select(providers).where(providers.c.service_id.in_(list(ids)))
        for row in self._connection.execute(wanted.order_by(providers.c.number)):
            found[row.service_id] += (row.organisation_id,)
        return found

    def _sites(self, ids: Iterable[UUID]) -> dict[UUID, tuple[Site, ...]]:
        found: dict[UUID, tuple[Site, ...]] = defaultdict(tuple)
        wanted = sa.select(sites).where(sites.c.service_id.in_(list(ids)))
        for row in self._connection.execute(wanted.order_by(sites.c.number)):
            found[row.service_id] += (Site(name=row.name, locality=row.locality),)
        return found

    def _add_parts(self, service: Service) -> None:
        numbered = enumerate(service.providers, start=1)
        rows = [
            {"service_id": service.id, "organisation_id": id_, "number": number}
            for number, id_ in numbered
        ]
        self._connection.execute(sa.insert(providers), rows)
        if service.sites:
            places = enumerate(service.sites, start=1)
            self._connection.execute(
                sa.insert(sites),
                [
                    {"service_id": service.id, "number": number, **asdict(site)}
                    for number, site in places
                ],
            )


def _row(service: Service) -> dict[str, object]:
    plain = {name: getattr(service, name) for name in _PLAIN}
    return plain | asdict(service.limits) | asdict(service.terms)


def _service(
    values: Mapping[Any, Any], provided: tuple[UUID, ...], found_at: tuple[Site, ...]
) -> Service:
    return Service(
        **{name: values[name] for name in _PLAIN},
        limits=Limits(**{name: values[name] for name in _LIMITS}),
        terms=Terms(**{name: values[name] for name in _TERMS}),
        providers=provided,
        sites=found_at,
    )
