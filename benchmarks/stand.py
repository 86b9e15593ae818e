"""The servers everything is measured on: private, and as durable as in production."""

import os
import platform
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from onward.servers import LocalRabbit, PrivatePostgres, ServerError
from onward.servers.postgres import installed_binaries
from onward.servers.process import free_port

LIBRARIES = (
    *("nameko", "eventlet", "kombu", "amqp", "SQLAlchemy", "psycopg2-binary", "marshmallow"),
    *("orjson", "faststream", "asyncpg", "celery", "dramatiq"),
)
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Stand:
    """A PostgreSQL whose commits reach the disk, and a RabbitMQ node."""

    def __init__(self, postgres: PrivatePostgres, rabbit: LocalRabbit) -> None:
        """Use servers that run."""
        self.postgres = postgres
        self.rabbit = rabbit

    @property
    def amqp_uri(self) -> str:
        """Where the broker answers."""
        return self.rabbit.uri

    @property
    def admin_url(self) -> str:
        """Where PostgreSQL's administrator connects, for SQLAlchemy."""
        return self.postgres.uri

    @cached_property
    def engine(self) -> sa.Engine:
        """The administrator's connections, each statement on its own."""
        return sa.create_engine(self.admin_url, isolation_level="AUTOCOMMIT")

    @property
    def postgres_pid(self) -> int:
        """PostgreSQL's first process."""
        return _alive(self.postgres.pid)

    @property
    def rabbit_pid(self) -> int:
        """RabbitMQ's first process."""
        return _alive(self.rabbit.pid)

    def database(self, name: str) -> str:
        """Create database *name* anew; return its URL."""
        with self.engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
        url = sa.make_url(self.admin_url).set(database=name)
        return url.render_as_string(hide_password=False)

    def virtual_host(self, name: str) -> str:
        """Create virtual host *name*; return the broker's URI there."""
        uri = urlsplit(self.amqp_uri)
        self.rabbit.ctl("add_vhost", name)
        self.rabbit.ctl("set_permissions", "-p", name, uri.username or "", ".*", ".*", ".*")
        return uri._replace(path=f"/{name}").geturl()

    def settle(self) -> None:
        """Write out what is dirty, so that no run pays for the one before it."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("CHECKPOINT"))


@contextmanager
def standing() -> Iterator[Stand]:
    """Start both servers, prove that they are durable, and remove them at the end."""
    folder = Path(tempfile.gettempdir()) / f"onward-bench-{secrets.token_hex(4)}"
    try:
        with _postgres(folder) as postgres, LocalRabbit() as rabbit:
            stand = Stand(postgres, rabbit)
            _insist_on_durability(stand)
            yield stand
            stand.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(folder: Path) -> Iterator[PrivatePostgres]:
    binaries = installed_binaries()
    if binaries is None:
        raise ServerError("PostgreSQL is not installed here: install the package postgresql.")
    # Data in a folder that is named: nothing of the haste that throw-away servers are allowed.
    with PrivatePostgres(binaries=binaries, data=folder, port=free_port()) as postgres:
        engine = sa.create_engine(postgres.uri, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text("ALTER SYSTEM SET track_commit_timestamp = on"))
        engine.dispose()
        yield postgres.restart()


def _insist_on_durability(stand: Stand) -> None:
    with stand.engine.connect() as connection:
        for name, wanted in DURABLE.items():
            found = connection.execute(sa.text(f"SHOW {name}")).scalar_one()
            if found != wanted:
                raise ServerError(
                    f"PostgreSQL runs with {name} = {found}: nothing would be proved."
                )


def facts(stand: Stand) -> dict[str, str]:
    """Return what the numbers were measured on."""
    with stand.engine.connect() as connection:
        postgres = connection.execute(sa.text("SHOW server_version")).scalar_one()
        buffers = connection.execute(sa.text("SHOW shared_buffers")).scalar_one()
    settings = ", ".join(f"{name} = {value}" for name, value in DURABLE.items())
    return {
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "postgresql": f"{postgres.split()[0]} ({settings}, {buffers} buffers)",
        "rabbitmq": f"{_rabbit_version()} (one node, quorum queues)",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def commit() -> str:
    """Return the commit that is measured."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


def _rabbit_version() -> str:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f=${Version}", "rabbitmq-server"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.split("-")[0] or "version unknown"


def _alive(pid: int | None) -> int:
    if pid is None:
        raise ServerError("The server does not run.")
    return pid
