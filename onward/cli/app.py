"""Gathers the commands: the platform's own, and those that services bring along."""

import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import structlog
import typer
from rich.console import Console

from onward.cli import doctor, events, parked, platform, resend, trace
from onward.errors import OnwardError, Refused
from onward.observability import configure_logging
from onward.settings import SettingsError

GROUP = "onward.commands"
FAILED, WRONG_USE = 1, 2

log = structlog.get_logger(__name__)

app = typer.Typer(
    name="onward",
    help="Referrals handed on between organisations: delivered once, in order, with evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    platform.serve,
    platform.up,
    platform.migrate,
    platform.demo,
    platform.rehearse,
    doctor.doctor,
    trace.trace,
    resend.resend,
):
    app.command(command.__name__)(command)
app.add_typer(parked.app, name="parked")
app.add_typer(events.app, name="events")
OWN = {command.name for command in app.registered_commands} | {"parked", "events"}
"""What the platform answers without asking a service."""


def run() -> int:
    """Run the command line; return its exit code, or exit as Typer does for wrong use."""
    _gather(sys.argv[1:])
    configure_logging("warning")
    try:
        app()
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _explain(error)
    return 0


def _gather(arguments: Sequence[str]) -> None:
    """Add the services' commands, unless the platform's own are asked for: importing takes a second."""
    asked = next((word for word in arguments if not word.startswith("-")), None)
    if asked in OWN:
        return
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        app.add_typer(point.load(), name=point.name)


def _explain(error: Exception) -> int:
    say = Console(stderr=True, highlight=False, soft_wrap=True)
    match error:
        case SettingsError():
            say.print(f"[bold red]Cannot start.[/] {error}")
            return WRONG_USE
        case Refused():
            say.print(f"[bold red]Refused.[/] {error.detail} ({error.code})")
        case OnwardError():
            say.print(f"[bold red]Failed.[/] {_sentence(error)}")
        case _:
            log.error("command-failed", exc_info=error)
            say.print(f"[bold red]Failed.[/] {type(error).__name__}; the log above says where.")
    return FAILED


def _sentence(error: OnwardError) -> str:
    text = str(error)
    return text if " " in text else (type(error).__doc__ or text).strip().splitlines()[0]
