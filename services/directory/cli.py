"""``onward directory``: fill the directory from a file."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from onward.cli.settings import Data, configured
from onward.service import RunningService
from onward.settings import SettingsError
from services.directory import seeding

app = typer.Typer(help="Fill the directory of organisations and services.", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)
PRIVATE = 0o600


@app.callback()
def directory() -> None:
    """Fill the directory of organisations and services."""


@app.command()
def seed(
    file: Annotated[
        Path,
        typer.Argument(
            help="Partnership to load, YAML; without one the five seed partnerships and the demo's logins.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = seeding.PARTNERSHIP,
    credentials: Annotated[
        Path | None,
        typer.Option(help="File for the new logins, JSON, readable by you alone."),
    ] = None,
    data: Data = None,
) -> None:
    """Add organisations, programmes, services, agreements, places and accounts that are not there yet.

    New passwords and secrets are made at random and told once: in the file named by --credentials,
    else on the screen.
    """
    running = _directory(data)
    try:
        said = seeding.read_file(file)
        made = seeding.load(running, said, rng=seeding.random_source(None))
    finally:
        running.close()
    told = json.dumps(made.document(), indent=2)
    if credentials:
        _write_private(credentials, told)
        out.print(f"{len(made.people)} people and {len(made.systems)} systems are new.")
    else:
        out.print(told)


def _directory(data: Path | None) -> RunningService:
    for running in configured(data):
        if running.service.name == "directory":
            return running
    raise SettingsError("Set ONWARD_DIRECTORY_DATABASE_URL: this fills the directory's database.")


def _write_private(path: Path, text: str) -> None:
    """Write *text* so that nobody else on this machine can read it, not even for a moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    os.fchmod(handle, PRIVATE)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
