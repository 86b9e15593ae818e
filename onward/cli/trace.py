"""``onward trace``: one referral's journey through the services, from their own records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.table import Table

from onward import codec
from onward.cli.settings import Data, configured
from onward.errors import NotFoundError
from onward.service import RunningService

out = Console(highlight=False, soft_wrap=True)

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


def trace(
    referral: Annotated[UUID, typer.Argument(help="Id of the referral.")], data: Data = None
) -> None:
    """Draw one referral's journey: who told what, when, and who has heard it how much later."""
    services = configured(data)
    steps = _steps(services, referral)
    if not steps:
        raise NotFoundError("referral in any outbox here")
    heard = _heard(services, [step.id for step in steps])
    table = Table(
        "time", "service", "event", "by", "sent", "heard by (after)", title=str(referral)
    )
    for step in steps:
        table.add_row(
            f"{step.created_at:%Y-%m-%d %H:%M:%S.%f}"[:-3],
            step.service,
            step.key,
            step.by,
            _after(step, step.sent_at) if step.sent_at else step.problem or "not yet",
            "  ".join(
                heard.get(step.id, {}).get(name, "") for name in sorted(heard.get(step.id, {}))
            ),
        )
    out.print(table)


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


def _heard(services: list[RunningService], events: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Return, per event, which service heard it, with the time or the trouble."""
    found: dict[UUID, dict[str, str]] = {}
    for running in services:
        name = running.service.name
        with running.engine.connect() as connection:
            for event, at in connection.execute(_HEARD, {"events": events}):
                found.setdefault(event, {})[name] = f"{name} {at:%H:%M:%S.%f}"[:-3]
            for event, status in connection.execute(_PARKED, {"events": events}):
                found.setdefault(event, {})[name] = f"[red]{name} {status}[/]"
    return found


def _after(step: Step, moment: datetime) -> str:
    return f"+{(moment - step.created_at).total_seconds() * 1000:.0f} ms"
