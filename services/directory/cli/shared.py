"""What the directory's commands share: its database, and a file for secrets."""

import os
from pathlib import Path
from typing import Final

from rich.console import Console

from onward.cli.settings import configured
from onward.service import RunningService
from onward.settings import SettingsError

out: Final = Console(highlight=False, soft_wrap=True)
PRIVATE: Final = 0o600


def directory_in(data: Path | None) -> RunningService:
    """Return the directory's service where its settings are. Raises `SettingsError`."""
    for running in configured(data):
        if running.service.name == "directory":
            return running
    raise SettingsError(
        "Set ONWARD_DIRECTORY_DATABASE_URL: this changes the directory's database."
    )


def write_private(path: Path, text: str, end: str = "\n") -> None:
    """Write *text* so that nobody else on this machine can read it, not even for a moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    os.fchmod(handle, PRIVATE)
    with os.fdopen(handle, "w", newline="") as file:
        file.write(text + end)
