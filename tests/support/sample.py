"""A small service that uses every part of the kernel: it records what it hears and what it is asked.

It stands in for any of the four, since the topology knows no other names. As a program it serves:
``python -m tests.support.sample directory``.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from onward.contracts.base import Event, prompt
from onward.contracts.directory import PlaceQueued
from onward.contracts.referral import HandoffAcknowledged
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.errors import Poison
from onward.inbox import Handler
from onward.pace import HEARD
from onward.service import RunningService, Service
from onward.tables import NAMING

if TYPE_CHECKING:
    from flask import Flask

CANARY = "943 476 5919"
"""Looks like an NHS number; belongs to nobody, and must never reach a log."""
SLOW = 1.0
"""Seconds that an event takes which says so: ``__main__.SLOW`` to `SAMPLE_SET`."""
APART = HEARD
"""Seconds between two batches that are not full: ``__main__.APART`` to `SAMPLE_SET`."""
_LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)

metadata = sa.MetaData(naming_convention=NAMING)
effects = sa.Table(
    "effects",
    metadata,
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", sa.Uuid),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)


class Effect(NamedTuple):
    """One event that was handled, or one request that was answered."""

    event_id: UUID | None
    source: str
    stream: str
    subject: UUID
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The sample's rows."""

    connection: sa.Connection

    def add(self, rows: Sequence[Effect]) -> None:
        """Write rows down; nothing stops one from being there twice."""
        if rows:
            self.connection.execute(sa.insert(effects), [row._asdict() for row in rows])

    def all(self) -> list[Effect]:
        """Return every row in the order it was written."""
        columns = [effects.c[name] for name in Effect._fields]
        found = self.connection.execute(sa.select(*columns).order_by(effects.c.position))
        return [Effect(*row) for row in found]


def record(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Write down each event; one that says so in its band cannot be handled."""
    for envelope in envelopes:
        match getattr(envelope.event, "band", None):
            case "poison":
                raise Poison("never-works")
            case "slow":
                uow.connection.execute(sa.text("SELECT pg_sleep(:slow)"), {"slow": SLOW})
            case "stuck":
                uow.connection.execute(sa.text("SET LOCAL statement_timeout = '100ms'"))
                uow.connection.execute(sa.text("SELECT pg_sleep(60)"))
            case "deadly":
                os._exit(1)
            case "broken":
                raise ValueError(f"no room for {CANARY}")
    uow.store.add([effect(envelope) for envelope in envelopes])


def effect(envelope: Envelope) -> Effect:
    """Return the row that *envelope* leaves behind."""
    return Effect(envelope.id, *envelope.line, envelope.sequence)


def sample(name: str = "referral", handle: Handler[Store] = record) -> Service:
    """Return the sample service under the *name* of a real one."""
    return Service(
        name=name,
        store=lambda connection: Store(connection=connection),
        metadata=metadata,
        migrations=Path(__file__).parent / "sample_migrations",
        handlers={Event: handle},
        create_app=create_app,
        paths=("/tell",),
        entrypoints=_entrypoints(name),
        apart=APART,
        at_once=prompt(),
    )


def create_app(running: RunningService) -> "Flask":
    """Return an application that tells an event when asked to."""
    from flask import Flask, Response, request  # noqa: PLC0415 - only a serving sample needs it

    app = Flask(__name__)

    @app.post("/tell/<uuid:subject>")
    def tell(subject: UUID) -> tuple[str, int]:
        with running.database.transaction() as uow:
            uow.store.add([Effect(None, "asked", "asked", subject, 0)])
            uow.emit(_event(running.service.name, subject))
        return "told", 201

    @app.post("/slow")
    def slow() -> Response:
        with running.database.transaction() as uow:
            wait = sa.text("SELECT pg_sleep(:seconds)")
            uow.connection.execute(wait, {"seconds": float(request.args["seconds"])})
        return Response(b"x" * int(request.args["bytes"]))

    @app.post("/broken")
    def broken() -> str:
        raise ValueError(CANARY)

    return app


def _event(service: str, subject: UUID) -> Event:
    if service == "directory":
        return PlaceQueued(
            handoff_id=subject,
            referral_id=subject,
            service_id=subject,
            position=1,
            band="urgent",
            waiting_since=_LONG_AGO,
        )
    return HandoffAcknowledged(
        referral_id=subject,
        handoff_id=subject,
        service_id=subject,
        sender=subject,
        recipient=subject,
    )


def _entrypoints(name: str) -> Any:
    def make() -> type:
        from onward.runtime import EventService  # noqa: PLC0415 - only where Nameko runs

        return type("SampleService", (EventService,), {"name": name})

    return make


def main() -> None:
    """Serve the sample in this process, as ``onward serve`` would.

    ``SAMPLE_SET="onward.link.PATIENCE=1"`` shortens what a test would otherwise have to wait for.
    """
    from onward.green import make_green  # noqa: PLC0415 - first of all, as in onward.cli.main

    make_green()
    import importlib  # noqa: PLC0415

    from onward import runtime, service  # noqa: PLC0415
    from onward.observability import configure_logging  # noqa: PLC0415
    from onward.settings import read_settings  # noqa: PLC0415

    for wanted in os.environ.get("SAMPLE_SET", "").split():
        place, value = wanted.split("=")
        module, _, constant = place.rpartition(".")
        setattr(importlib.import_module(module), constant, float(value))
    name = sys.argv[1]
    settings = read_settings(name, os.environ)
    configure_logging(settings.log_level)
    runtime.serve(service.running(sample(name), settings), role="all")


if __name__ == "__main__":
    main()
