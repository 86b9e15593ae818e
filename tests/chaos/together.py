"""All services in this process on real PostgreSQL, and a post that carries their events as told to.

The post is the broker at its worst and under control: it delivers late, again, and in any order.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from onward import migrate, tables
from onward.clock import ManualClock
from onward.codec import decode, encode
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.inbox import Arrival
from onward.scope import PLATFORM
from onward.servers import ServiceDatabase
from onward.service import RunningService, Service
from onward.settings import Settings
from onward.topology import HEARS
from onward.web.tokens import issue_access_token
from tests.support.databases import Databases, load
from tests.support.settings import rehearsal

SECRET = "not-a-secret-" * 3
GUARDED = {"directory": (("claims", "keep_claims"), ("entry_versions", "only_grows"))}
"""Tables that only their owner can empty, and what stands in the way. The audit log stays as it is."""


def settings(name: str, database: ServiceDatabase, **changes: Any) -> Settings:
    """Return the settings of service *name*; every service shares secret and address."""
    usual: dict[str, Any] = {"secret_key": SECRET, "signing_key": SECRET}
    return rehearsal(name, database.app_url, database.owner_url, **(usual | changes))


@dataclass(slots=True)
class Post:
    """Carries what one service tells to those who hear it."""

    running: Mapping[str, RunningService]
    under_way: dict[str, list[Envelope]] = field(default_factory=dict)
    """What was told and not delivered yet, by who hears it."""
    _fetched: dict[str, int] = field(default_factory=dict)

    def fetch(self) -> None:
        """Take over what was told since the last time, as the relay does."""
        box = tables.outbox.c
        for source, running in self.running.items():
            query = sa.select(box.position, box.stream, box.body).order_by(box.position)
            since = query.where(box.position > self._fetched.get(source, 0))
            with running.engine.connect() as connection:
                rows = connection.execute(since).all()
            for row in rows:
                self._fetched[source] = row.position
                for hearer in self._hearers(row.stream):
                    self.under_way.setdefault(hearer, []).append(decode(bytes(row.body)))

    def deliver(self, hearer: str, envelopes: list[Envelope]) -> None:
        """Deliver *envelopes* in one batch, whether or not they were delivered before."""
        delivered = {envelope.id for envelope in envelopes}
        waiting = self.under_way.get(hearer, [])
        self.under_way[hearer] = [one for one in waiting if one.id not in delivered]
        self.running[hearer].inbox.receive([Arrival(encode(one)) for one in envelopes])

    def carry(self) -> None:
        """Deliver everything in order until nobody has anything more to say."""
        self.fetch()
        while busy := [hearer for hearer, waiting in self.under_way.items() if waiting]:
            for hearer in busy:
                self.deliver(hearer, list(self.under_way[hearer]))
            self.fetch()

    def _hearers(self, stream: str) -> list[str]:
        return [name for name in self.running if stream in HEARS[name] or HEARS[name] == ("#",)]


@dataclass(slots=True, kw_only=True)
class Together:
    """Several running services with one clock."""

    running: dict[str, RunningService]
    apps: dict[str, Flask]
    clock: ManualClock
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        """Set up the post."""
        self.post = Post(self.running)

    def headers(self, actor: Actor) -> dict[str, str]:
        """Return what proves *actor* to every service."""
        some = next(iter(self.running.values()))
        token = issue_access_token(some.settings, actor, at=self.clock.now())
        return {"Authorization": f"Bearer {token}"}

    def ask(self, service: str, actor: Actor, method: str, path: str, **options: Any) -> Any:
        """Send a request of *actor* to *service*; return the answer."""
        headers = self.headers(actor) | options.pop("headers", {})
        client = self.apps[service].test_client()
        return client.open(path, method=method, headers=headers, **options)

    def rows(self, service: str, query: sa.Select[Any] | sa.TextClause) -> list[Any]:
        """Return what *query* finds in the database of *service*."""
        with self.running[service].database.transaction() as uow:
            return list(uow.connection.execute(query))

    def told(self, service: str) -> list[Envelope]:
        """Return everything *service* has told."""
        query = sa.select(tables.outbox.c.body).order_by(tables.outbox.c.position)
        return [decode(bytes(row.body)) for row in self.rows(service, query)]

    def forget(self) -> None:
        """Empty every database, as only its owner can."""
        for name, running in self.running.items():
            _empty(name, running)
        self.post = Post(self.running)


@contextmanager
def together(
    databases: Databases, clock: ManualClock, *names: str, **changes: Any
) -> Iterator[Together]:
    """Run the services *names*, each on a database of its own."""
    with ExitStack() as stack:
        running: dict[str, RunningService] = {}
        for name in names:
            service: Service = load(name)
            database = stack.enter_context(databases.migrated(service))
            one = RunningService(
                service=service, settings=settings(name, database, **changes), clock=clock
            )
            stack.callback(one.close)
            running[name] = one
        apps = {name: one.service.create_app(one) for name, one in running.items()}
        yield Together(running=running, apps=apps, clock=clock)


def _empty(name: str, running: RunningService) -> None:
    guards = GUARDED.get(name, ())
    listed = reversed(migrate.everything(running.service).sorted_tables)
    wipe = [
        f"SET LOCAL onward.organisation = '{PLATFORM}'",
        *(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in guards),
        *(f'DELETE FROM "{one.name}"' for one in listed),
        *(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}" for table, trigger in guards),
    ]
    engine = sa.create_engine(running.settings.owner_database_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(";".join(wipe)))


def system(organisation: UUID, role: Role = Role.PARTNER_SYSTEM) -> Actor:
    """Return a system that acts for *organisation*."""
    return Actor(principal=f"system:{role}", organisation=organisation, role=role)
