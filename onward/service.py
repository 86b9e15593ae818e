"""What a service is made of, what it becomes once it runs, and how a process finds the services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from onward.clock import Clock
from onward.database import Database, connect
from onward.inbox import Handlers, Inbox
from onward.pace import HEARD, SENT
from onward.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

GROUP = "onward.services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Work a service does by the clock. It claims its rows, so that replicas share it."""

    name: str
    every: float
    """Seconds between two runs."""
    run: Callable[["RunningService"], None]
    woken: str | None = None
    """The news upon which it also runs, as soon as a handler tells of them: see `UnitOfWork.wake`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check of `onward doctor`."""

    good: bool
    what: str
    do: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of one service that every way of running it needs."""

    name: str
    store: Callable[[sa.Connection], Any]
    """Wraps a connection in the service's own store."""
    metadata: sa.MetaData
    """The service's own tables; the kernel's come on top."""
    migrations: Path
    """Folder of the service's own Alembic revisions."""
    handlers: Handlers[Any]
    """What it does when it hears an event; one under `Event` itself hears every stream."""
    create_app: "Callable[[RunningService], Flask]"
    paths: tuple[str, ...]
    """URL path prefixes this service answers, such as ``/api/v1/referrals``."""
    entrypoints: Callable[[], type]
    """Returns the Nameko service class; called late, so that only a running service imports Nameko."""
    ticks: tuple[Tick, ...] = ()
    apart: float = HEARD
    """Seconds between the starts of two batches, not full, of events that it takes over (ADR 0023)."""
    at_once: frozenset[str] = frozenset()
    """Routing keys of events that it takes over with what has come by then, waiting for no others."""
    told_apart: float = SENT
    """The same of events that it tells."""
    checks: tuple[Callable[["RunningService"], Finding | None], ...] = ()
    """What `onward doctor` asks of it besides, once its database answers; None is no answer."""


@dataclass(kw_only=True)
class RunningService:
    """A service with its settings, its database and its clock, in this process."""

    service: Service
    settings: Settings
    clock: Clock
    extras: dict[str, Any] = field(default_factory=dict)
    """What a service keeps for the life of the process, under its own names; closed with it if it can be."""

    @cached_property
    def engine(self) -> sa.Engine:
        """The engine behind every transaction of this service here."""
        return connect(self.settings.database_url, name=f"onward-{self.service.name}")

    @cached_property
    def database(self) -> Database[Any]:
        """The only way into the service's data."""
        return Database(
            source=self.service.name,
            engine=self.engine,
            store=self.service.store,
            clock=self.clock,
        )

    @cached_property
    def inbox(self) -> Inbox:
        """What happens to arriving events."""
        return Inbox(self.database, self.service.handlers)

    def close(self) -> None:
        """Give the connections back."""
        for extra in self.extras.values():
            if callable(close := getattr(extra, "close", None)):
                close()
        self.extras.clear()
        if "engine" in self.__dict__:
            self.engine.dispose()


def installed(*only: str) -> Mapping[str, Service]:
    """Return every service this installation carries, or *only* some, by name, in a fixed order."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point.load() for point in points if not only or point.name in only}


def running(service: Service, settings: Settings) -> RunningService:
    """Return *service* ready to run on *settings*."""
    return RunningService(service=service, settings=settings, clock=settings.clock)
