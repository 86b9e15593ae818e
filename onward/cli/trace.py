"""``onward trace``: one referral's journey through the services, from their own records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
import typer
from rich.table import Table

from onward import codec
from onward.cli.settings import Data, configured
from onward.console import out
from onward.errors import NotFoundError
from onward.service import RunningService

_JOURNEYS = sa.text(
    """
    SELECT DISTINCT correlation_id FROM outbox WHERE subject = :referral
    """
)
_TOLD = sa.text(
    """
    SELECT id, key, body, created_at, sent_at, problem FROM outbox
    WHERE correlation_id = ANY(:journeys) OR subject = :referral
    """
)
_HEARD = sa.text("SELECT event_id, received_at FROM inbox WHERE event_id = ANY(:events)")
_PARKED = sa.text(
    "SELECT event_id, status FROM parked WHERE event_id = ANY(:events) AND status <> 'resolved'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of the journey."""

    id: UUID
    service: str
    key: str
    by: str
    created_at: datetime
    sent_at: datetime | None
    problem: str | None

    def after(self, moment: datetime) -> str:
        """Say how long after the step *moment* came."""
        return f"+{(moment - self.created_at).total_seconds() * 1000:.0f} ms"


def trace(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")], data: Data = None
) -> None:
    """Draw one referral's journey: who told what, when, and who has heard it how much later."""
    services = configured(data)
    steps = _steps(services, referral)
    if not steps:
        raise NotFoundError("referral in any outbox here")
    heard = _heard(services, [step.id for step in steps])
    table = Table("time", "from", "event", "by", "sent", "heard", title=f"Referral {referral}")
    for column in table.columns:
        column.overflow = "fold"
    for step in steps:
        table.add_row(
            f"{step.created_at:%Y-%m-%d %H:%M:%S.%f}"[:-3],
            step.service,
            step.key,
            step.by,
            step.after(step.sent_at) if step.sent_at else step.problem or "not yet",
            _hearers(step, heard.get(step.id, {})),
        )
    out.print(table)


def _hearers(step: Step, heard: Mapping[str, datetime | str]) -> str:
    """Say who has it, and how long after it happened; or what keeps it from them."""
    return ", ".join(
        f"{name} [red]{when}[/]" if isinstance(when, str) else f"{name} {step.after(when)}"
        for name, when in sorted(heard.items())
    )


def _steps(services: list[RunningService], referral: UUID) -> list[Step]:
    journeys: set[UUID] = set()
    for running in services:
        with running.engine.connect() as connection:
            journeys |= set(connection.scalars(_JOURNEYS, {"referral": referral}))
    steps = [step for running in services for step in _told(running, referral, journeys)]
    return sorted(steps, key=lambda step: step.created_at)


def _told(running: RunningService, referral: UUID, journeys: set[UUID]) -> list[Step]:
    with running.engine.connect() as connection:
        rows = connection.execute(_TOLD, {"journeys": list(journeys), "referral": referral})
        return [
            Step(
                id=row.id,
                service=running.service.name,
                key=row.key,
                by=codec.decode(row.body).actor.role.value,
                created_at=row.created_at,
                sent_at=row.sent_at,
                problem=row.problem,
            )
            for row in rows
        ]


def _heard(
    services: list[RunningService], events: list[UUID]
) -> dict[UUID, dict[str, datetime | str]]:
    """Return, per event, when which service took it over, or how it is parked there."""
    found: dict[UUID, dict[str, datetime | str]] = {}
    for running in services:
        name = running.service.name
        with running.engine.connect() as connection:
            for event, at in connection.execute(_HEARD, {"events": events}):
                found.setdefault(event, {})[name] = at
            for event, status in connection.execute(_PARKED, {"events": events}):
                found.setdefault(event, {})[name] = status
    return found
