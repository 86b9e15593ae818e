"""``onward parked``: what could not be handled, and the decisions about it."""

import getpass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from onward import parking
from onward.cli.settings import Data, configured
from onward.console import out
from onward.errors import NotFoundError
from onward.identity import Actor, Role
from onward.service import RunningService

app = typer.Typer(
    help="See the events that could not be handled, and decide what becomes of them.",
    no_args_is_help=True,
)

Which = Annotated[UUID, typer.Argument(help="Id of the parked event, as `list` shows it.")]


@app.command("list")
def list_(
    data: Data = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
) -> None:
    """List open events of every configured service, oldest first."""
    table = Table("service", "id", "event", "subject", "status", "why", "tries", "since")
    for column in table.columns:
        column.overflow = "fold"
    table.columns[1].no_wrap = True  # whole, to be copied
    table.columns[1].min_width = len(str(UUID(int=0)))
    for running in configured(data):
        with running.engine.connect() as connection:
            for event in parking.listed(connection, everything=everything):
                table.add_row(
                    running.service.name,
                    str(event.id),
                    event.key or "unreadable",
                    str(event.subject or "-"),
                    event.status,
                    event.code,
                    str(event.attempts),
                    f"{event.parked_at:%Y-%m-%d %H:%M:%S}",
                )
    out.print(table if table.row_count else "Nothing is parked.")


@app.command()
def show(which: Which, data: Data = None) -> None:
    """Show one event: what it is and why it failed, never its content."""
    running, event = _find(which, data)
    out.print(f"service    {running.service.name}")
    for name in parking.Parked.__slots__:
        value = getattr(event, name)
        out.print(f"{name:<10} {value.hex() if isinstance(value, bytes) else value}")


@app.command()
def retry(which: Which, data: Data = None) -> None:
    """Let an event be tried again now; those behind it follow once it is handled."""
    running, _ = _find(which, data)
    parking.retry(running.database, which, by=_operator())
    out.print("It will be tried within a second. The decision is in the audit log.")


@app.command()
def discard(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why it may be given up; kept with the event.")],
    data: Data = None,
) -> None:
    """Give an event up for good, with a reason; those behind it follow."""
    running, _ = _find(which, data)
    parking.discard(running.database, which, by=_operator(), reason=reason)
    out.print("Discarded. The decision is in the audit log.")


def _find(which: UUID, data: Path | None) -> tuple[RunningService, parking.Parked]:
    for running in configured(data):
        with running.engine.connect() as connection:
            try:
                return running, parking.shown(connection, which)
            except NotFoundError:
                continue
    raise NotFoundError("parked event")


def _operator() -> Actor:
    """Return who is at this terminal: whoever may read the database's password may decide."""
    return Actor(principal=f"operator:{getpass.getuser()}", organisation=None, role=Role.OPERATOR)
