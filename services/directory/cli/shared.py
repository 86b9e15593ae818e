"""What the directory's commands share: its database, and a file for secrets."""

from pathlib import Path
from typing import Final

from rich.console import Console

from onward.cli.settings import configured
from onward.service import RunningService
from onward.settings import SettingsError

out: Final = Console(highlight=False, soft_wrap=True)


def directory_in(data: Path | None) -> RunningService:
    """Return the directory's service where its settings are. Raises `SettingsError`."""
    for running in configured(data):
        if running.service.name == "directory":
            return running
    raise SettingsError(
        "Set ONWARD_DIRECTORY_DATABASE_URL: this changes the directory's database."
    )
