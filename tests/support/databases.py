"""A database of one's own per test: copied from a template that was migrated once."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from itertools import count
from secrets import token_hex

from onward import migrate
from onward.servers import ServiceDatabase, create_service_database, drop_database
from onward.service import GROUP, Service


class Databases:
    """Makes databases on one server and removes what it made."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self._session = f"test_{token_hex(4)}"
        self._numbers = count(1)
        self._templates: dict[str, ServiceDatabase] = {}

    @contextmanager
    def empty(self, service: str) -> Iterator[ServiceDatabase]:
        """Lend a database of *service* without any table."""
        with self._lent(service, template=None) as database:
            yield database

    @contextmanager
    def migrated(self, service: str | Service) -> Iterator[ServiceDatabase]:
        """Lend a database of *service* with every table, and only the rows its revisions made."""
        known = load(service) if isinstance(service, str) else service
        with self._lent(known.name, template=self._template(known)) as database:
            yield database

    def close(self) -> None:
        """Remove the templates."""
        for template in self._templates.values():
            drop_database(self.admin_url, template.name)

    @contextmanager
    def _lent(self, service: str, template: str | None) -> Iterator[ServiceDatabase]:
        name = f"{self._session}_{service}_{next(self._numbers)}"
        try:
            yield create_service_database(self.admin_url, service, name=name, template=template)
        finally:
            drop_database(self.admin_url, name)

    def _template(self, service: Service) -> str:
        which = f"{service.name}_{service.migrations}"  # a sample may bear a real service's name
        if which not in self._templates:
            name = f"{self._session}_{service.name}_template_{next(self._numbers)}"
            made = create_service_database(self.admin_url, service.name, name=name)
            self._templates[which] = made
            migrate.upgrade(service, made.owner_url)
        return self._templates[which].name


def load(name: str) -> Service:
    """Return the installed service *name*, without touching the others."""
    (point,) = entry_points(group=GROUP, name=name)
    service: Service = point.load()
    return service
