"""``onward directory``: carry entries between the directory and files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from onward.cli.settings import Data
from onward.plurals import counted
from onward.private import write_private
from services.directory import seeding
from services.directory.cli import files
from services.directory.cli.shared import directory_in, out

app = typer.Typer(
    help="Carry organisations, programmes and services between the directory and files.",
    no_args_is_help=True,
)
app.command("export")(files.write_out)
app.command("validate")(files.validate)
app.command("import")(files.read_in)


@app.callback()
def directory() -> None:
    """Carry organisations, programmes and services between the directory and files."""


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
    running = directory_in(data)
    try:
        said = seeding.read_file(file)
        made = seeding.load(running, said, rng=seeding.random_source(None))
    finally:
        running.close()
    told = json.dumps(made.document(), indent=2)
    if credentials:
        write_private(credentials, told)
        people = counted(len(made.people), "person", "people")
        out.print(f"New: {people}, {counted(len(made.systems), 'system')}.")
    else:
        out.print(told)
