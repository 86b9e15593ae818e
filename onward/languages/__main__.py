"""``python -m onward.languages --write``: put every text of the pages into the catalogues.

Texts that are new stand there untranslated, and those that nobody says any more are gone. ``--check`` only
tells whether something would change.
"""

import argparse
import sys
from pathlib import Path

from onward.languages.catalogues import catalogues, written


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    """Run from the repository; return 0, or 1 where a catalogue is not current."""
    parser = argparse.ArgumentParser(prog="python -m onward.languages", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    asked = parser.parse_args(arguments)
    root = root or Path.cwd()
    stale = {
        path: text for path in catalogues(root) if (text := written(path)) != path.read_bytes()
    }
    if asked.check:
        sys.stderr.writelines(f"{path.relative_to(root)} is not current.\n" for path in stale)
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_bytes(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
