"""The languages that messages are written in."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "cy": "Cymraeg"}
"""Each code (BCP 47) with its own name for itself."""
