"""Files that hold secrets."""

import os
from pathlib import Path
from typing import Final

_MODE: Final = 0o600


def write_private(path: Path, text: str, end: str = "\n") -> None:
    """Write *text* so that nobody else on this machine can read it, not even for a moment."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    os.fchmod(handle, _MODE)
    with os.fdopen(handle, "w", newline="") as file:
        file.write(text + end)
