"""Where the commands find the services: in the environment, or in a folder of the embedded platform."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from onward.embedded_folder import SETTINGS_FILE
from onward.service import RunningService, Service, installed, running
from onward.settings import SettingsError, read_settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder of a running `onward up`; without it ONWARD_… variables are read."
    ),
]


def environment(data: Path | None) -> Mapping[str, str]:
    """Return the settings to read from. Raises `SettingsError` where *data* is no platform's folder."""
    if data is None:
        return os.environ
    try:
        kept: Mapping[str, str] = json.loads((data / SETTINGS_FILE).read_text())
    except OSError:
        raise SettingsError(
            f"No platform runs in {data}: start `onward up --data` there."
        ) from None
    return {**os.environ, **kept}


def the_service(name: str) -> Service:
    """Return the installed service *name*. Raises `SettingsError` naming those there are."""
    found = installed(name).get(name)  # the others take a second to import that nobody would use
    if found is None:
        raise SettingsError(f"There is no service {name!r} here: {', '.join(installed())}.")
    return found


def configured(data: Path | None) -> list[RunningService]:
    """Return every service whose database is named, ready for one command.

    Raises `SettingsError` when none is.
    """
    environ = environment(data)
    found = [
        running(service, read_settings(name, {**_defaults(environ), **environ}))
        for name, service in installed().items()
        if f"ONWARD_{name.upper()}_DATABASE_URL" in environ
        or f"ONWARD_{name.upper()}_DATABASE_URL_FILE" in environ
    ]
    if not found:
        raise SettingsError(
            "Set ONWARD_<SERVICE>_DATABASE_URL, or name the folder of `onward up` with --data."
        )
    return found


def _defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """Stand in for what a database command does not use, and nobody set, in a file either."""
    unused = "unused-by-commands-that-only-read-the-database"
    stand_ins = {
        "ONWARD_AMQP_URI": "amqp://127.0.0.1:1",
        "ONWARD_SECRET_KEY": unused,
        "ONWARD_SIGNING_KEY": unused,
    }
    return {name: value for name, value in stand_ins.items() if f"{name}_FILE" not in environ}
