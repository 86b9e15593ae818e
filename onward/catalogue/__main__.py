"""``python -m onward.catalogue --write``: freeze the schemas, write the events' table and problems."""

import argparse
import sys
from pathlib import Path

from onward.catalogue import snapshots
from onward.catalogue.problems import write_problems
from onward.catalogue.table import events_table, put_between_marks

PAGE = Path("docs/events.md")


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    """Run from the repository; return 0, or 1 when a change would hurt those who listen."""
    parser = argparse.ArgumentParser(prog="python -m onward.catalogue", description=__doc__)
    parser.add_argument("--write", action="store_true", required=True)
    parser.parse_args(arguments)
    root = root or Path.cwd()
    broken = broken_promises(root)
    if broken:
        sys.stderr.write("\n".join(broken) + "\n")
        return 1
    snapshots.freeze(root)
    write_problems(root)
    page = root / PAGE
    page.write_text(put_between_marks(page.read_text(), events_table()))
    return 0


def broken_promises(root: Path) -> list[str]:
    """Return, for each event that changed within its version, what to do instead."""
    now = snapshots.current()
    said = []
    for key, old in sorted(snapshots.frozen(root).items()):
        if key not in now:
            said.append(
                f"{key} is no longer declared: keep it, or write an upcaster and delete its snapshot."
            )
        elif changes := snapshots.breaking_changes(old, now[key]):
            name, _, version = key.rpartition(".v")
            said.append(
                f"{key}: {', '.join(changes)}. Declare {name}.v{int(version) + 1} with an upcaster instead."
            )
    return said


if __name__ == "__main__":
    sys.exit(main())
