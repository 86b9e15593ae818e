"""A service's database and its two roles: one owns the tables, the other may only use the rows."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
ROW_RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDatabase:
    """Where a service keeps its state."""

    name: str
    owner_url: str
    """For migrations."""
    app_url: str
    """For the running service: reads and writes rows, owns nothing, changes no table."""


def create_service_database(
    admin_url: str, service: str, *, name: str | None = None, template: str | None = None
) -> ServiceDatabase:
    """Make sure *service* has its database and roles on the server at *admin_url*; idempotent.

    *name* is the database, ``onward_<service>`` unless said; *template* is a database to copy
    (nobody may be connected to it). The roles' passwords derive from the administrator's.
    """
    url = sa.make_url(admin_url)
    owner, app = f"onward_{service}_owner", f"onward_{service}"
    database = _checked(name or app)
    with _administrator(url) as run:
        _make_role(run, owner, _password(url, owner))
        _make_role(run, app, _password(url, app))
        _make_database(run, database, owner=owner, template=template)
        run(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
        run(f'GRANT CONNECT ON DATABASE "{database}" TO "{app}"')
    with _administrator(url.set(database=database)) as run:
        run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        run(f'GRANT USAGE, CREATE ON SCHEMA public TO "{owner}"')
        run(f'GRANT USAGE ON SCHEMA public TO "{app}"')
        made_later = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA public GRANT'
        run(f'{made_later} {ROW_RIGHTS} ON TABLES TO "{app}"')
        run(f'{made_later} USAGE ON SEQUENCES TO "{app}"')
    return ServiceDatabase(
        name=database,
        owner_url=_url(url, owner, database),
        app_url=_url(url, app, database),
    )


def drop_database(admin_url: str, name: str) -> None:
    """Remove database *name*, connections to it included; nothing happens if there is none."""
    with _administrator(sa.make_url(admin_url)) as run:
        run(f'DROP DATABASE IF EXISTS "{_checked(name)}" WITH (FORCE)')


class _Run:
    """Executes statements, each on its own, as the administrator."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __call__(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)

    def finds(self, catalogue: str, column: str, value: str) -> bool:
        """Whether system *catalogue* has a row whose *column* is *value*."""
        table = sa.table(catalogue, sa.column(column))
        query = sa.select(sa.exists().where(table.c[column] == value))
        return bool(self._connection.scalar(query))


@contextmanager
def _administrator(url: sa.URL) -> Iterator[_Run]:
    """Connect without transactions; hold a lock so that two set-ups do not meet half-way."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    lock = sa.func.hashtext("onward: set up databases")
    with engine.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(lock)))
        yield _Run(connection)


def _make_role(run: _Run, role: str, password: str | None) -> None:
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
    secret = f" PASSWORD '{password}'" if password else ""
    verb = "ALTER" if run.finds("pg_roles", "rolname", role) else "CREATE"
    run(f'{verb} ROLE "{_checked(role)}" {rights}{secret}')


def _make_database(run: _Run, name: str, *, owner: str, template: str | None) -> None:
    if run.finds("pg_database", "datname", name):
        return
    copied = f' TEMPLATE "{_checked(template)}"' if template else ""
    run(f'GRANT "{owner}" TO CURRENT_USER')
    run(f'CREATE DATABASE "{name}" OWNER "{owner}"{copied}')


def _checked(name: str) -> str:
    """Return *name* if it can stand in a statement as it is."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a database or role")
    return name


def _password(admin: sa.URL, role: str) -> str | None:
    """Derive *role*'s password, so that asking twice gives the same and nothing is stored."""
    if admin.password is None:
        return None
    return hmac.new(str(admin.password).encode(), role.encode(), hashlib.sha256).hexdigest()


def _url(admin: sa.URL, role: str, database: str) -> str:
    made = admin.set(
        drivername="postgresql+psycopg2",
        username=role,
        password=_password(admin, role),
        database=database,
    )
    return made.render_as_string(hide_password=False)
