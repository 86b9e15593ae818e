"""Ways to hurt databases that services use at this moment; each is undone when its block ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

_OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


class Saboteur:
    """Hurts the databases of some services."""

    def __init__(self, admin_url: str, owner_urls: Sequence[str]) -> None:
        """Act as their server's administrator."""
        admin, owners = sa.make_url(admin_url), map(sa.make_url, owner_urls)
        self._engines = [
            sa.create_engine(
                admin.set(database=owner.database),
                isolation_level="AUTOCOMMIT",
                poolclass=sa.pool.NullPool,
                connect_args={"options": "-c default_transaction_read_only=off"},
            )
            for owner in owners
        ]

    def end_sessions(self) -> int:
        """End every connection that services have now; return how many there were."""
        return sum(self._each(lambda run: run(_OTHERS).scalar()))

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let them take no writes for a while, as when the server became a replica."""
        self._set("SET default_transaction_read_only = on")
        try:
            yield
        finally:
            self._set("RESET default_transaction_read_only")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Let their disk be full for a while."""
        self._each(_fill)
        try:
            yield
        finally:
            self._each(_empty)

    def _set(self, setting: str) -> None:
        for engine in self._engines:
            self._run(engine, f'ALTER DATABASE "{engine.url.database}" {setting}')
        self.end_sessions()  # the setting holds for new ones

    def _each(self, act: Callable[[Callable[[str], Any]], Any]) -> list[Any]:
        found = []
        for engine in self._engines:
            with engine.connect() as connection:
                found.append(act(lambda text, run=connection: run.execute(sa.text(text))))  # type: ignore[misc]
        return found

    def _run(self, engine: sa.Engine, statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(sa.text(statement))


def _fill(run: Callable[[str], Any]) -> None:
    run(_FULL)
    for table in run(_TABLES).scalars().all():  # one by one: two locks at once might be a deadlock
        run(
            f'CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION full_disk()"
        )


def _empty(run: Callable[[str], Any]) -> None:
    for table in run(_TABLES).scalars().all():
        run(f'DROP TRIGGER full_disk ON "{table}"')
    run("DROP FUNCTION full_disk()")
