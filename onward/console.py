"""Where commands print: a terminal as wide as it is, a pipe without cutting anything off."""

import sys

from rich.console import Console

WIDE = 240

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
