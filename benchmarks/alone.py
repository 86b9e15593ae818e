"""One service alone: in this process, on a database of its own, with nobody listening."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from onward import migrate
from onward.clock import SystemClock
from onward.identity import Actor, Role
from onward.servers import PrivatePostgres, ServerError, create_service_database
from onward.servers.postgres import installed_binaries
from onward.servers.process import free_port
from onward.service import RunningService, Service
from onward.settings import read_settings
from onward.web.tokens import issue_access_token
from services.directory.app import SERVICE as DIRECTORY

SECRET: Final = secrets.token_hex()
"""One for all, so that what a copied database holds can be read."""


@contextmanager
def postgres() -> Iterator[str]:
    """Lend a PostgreSQL as durable as in production: the address of its administrator."""
    binaries = installed_binaries()
    if binaries is None:
        raise ServerError("PostgreSQL is not installed here: install the package postgresql.")
    folder = Path(tempfile.gettempdir()) / f"onward-bench-{secrets.token_hex(4)}"
    try:
        with PrivatePostgres(binaries=binaries, data=folder, port=free_port()) as server:
            yield server.uri
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def directory(admin_url: str, name: str) -> Iterator[RunningService]:
    """Lend an empty directory in the new database *name* of the PostgreSQL at *admin_url*."""
    with started(admin_url, DIRECTORY, name) as running:
        yield running


@contextmanager
def started(
    admin_url: str, service: Service, name: str, *, template: str | None = None
) -> Iterator[RunningService]:
    """Lend *service* in the new database *name* of the PostgreSQL at *admin_url*.

    The database is a copy of *template*, to which nobody may be connected, or empty.
    """
    database = create_service_database(admin_url, service.name, name=name, template=template)
    migrate.upgrade(service, database.owner_url)
    prefix = f"ONWARD_{service.name.upper()}"
    environment = {
        f"{prefix}_DATABASE_URL": database.app_url,
        f"{prefix}_OWNER_DATABASE_URL": database.owner_url,
        "ONWARD_AMQP_URI": "amqp://127.0.0.1:1",
        "ONWARD_SECRET_KEY": SECRET,
        "ONWARD_RATE_PER_SECOND": "100000",
        "ONWARD_RATE_BURST": "100000",
    }
    settings = read_settings(service.name, environment)
    running = RunningService(service=service, settings=settings, clock=SystemClock())
    try:
        yield running
    finally:
        running.close()


def headers(running: RunningService, organisation: UUID, role: Role) -> dict[str, str]:
    """Return what lets a system of *organisation* in."""
    actor = Actor(principal="system:benchmark", organisation=organisation, role=role)
    token = issue_access_token(running.settings, actor, at=running.clock.now())
    return {"Authorization": f"Bearer {token}"}
