"""Bring a service's database to the tables this version needs: the kernel's and the service's own."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from onward import tables
from onward.database import connect, explained
from onward.scope import act_as_platform
from onward.service import Service

HOME = Path(__file__).parent / "migrations"
LOCK = 0x6F6E776D
"""Advisory lock, so that replicas starting together migrate once."""


def upgrade(service: Service, owner_url: str) -> None:
    """Run every revision that is missing. Safe to run again, and from several processes at once."""
    _run(service, owner_url, lambda config: command.upgrade(config, "heads"))


def downgrade(service: Service, owner_url: str) -> None:
    """Take every table away again. For rehearsals of a way back."""
    _run(service, owner_url, lambda config: command.downgrade(config, "base"))


def is_current(service: Service, connection: sa.Connection) -> bool:
    """Tell whether the database has every revision of this version."""
    there = set(MigrationContext.configure(connection).get_current_heads())
    return there == _newest(service.migrations)


def differences(service: Service, connection: sa.Connection) -> Sequence[Any]:
    """Return what the revisions built that the declared tables do not say, or the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    found: Sequence[Any] = compare_metadata(context, everything(service))
    return found


def everything(service: Service) -> sa.MetaData:
    """Return the kernel's tables and the service's own, as one set."""
    together = sa.MetaData(naming_convention=tables.NAMING)
    for metadata in (tables.KERNEL, service.metadata):
        for table in metadata.sorted_tables:
            table.to_metadata(together)
    return together


def _run(service: Service, owner_url: str, work: Any) -> None:
    engine = connect(owner_url, name=f"onward-{service.name}-migrate", pool_size=1)
    try:
        with explained(), engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            act_as_platform(connection)  # the owner of a table is bound by its policies, too
            config = _config(service.migrations)
            config.attributes |= {"connection": connection, "metadata": everything(service)}
            work(config)
    finally:
        engine.dispose()


@cache
def _newest(migrations: Path) -> frozenset[str]:
    """Return the last revisions there are: reading them takes 50 ms, and readiness is asked often."""
    return frozenset(ScriptDirectory.from_config(_config(migrations)).get_heads())


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{HOME / 'versions'}\n{migrations / 'versions'}")
    return config
