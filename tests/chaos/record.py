"""Write down what a campaign broke and counted: ``results.json`` beside this file, and ``docs/chaos.md``.

A campaign may be played in parts, on several days: each part replaces what it played again, and seeds
that were not played before are added to those that were.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"
MOST = "most_"
"""Counts whose name begins so are not added up: the greatest stands."""

Count = int | float

HEAD = """\
# What was broken, and what came of it

Written by `make chaos`; do not edit. Every line is a fault that was really injected into the real services,
brokers and databases, each private to the campaign. The counts are what was then found in the services' own
databases: everything that was told, ever, against everything that each service had heard.

- **lost**: deliveries owed to a service that had no effect there, or accepted requests without their events
- **doubled**: events with more than one effect; **disordered**: effects before that of the event before it
- **parked**: what could not be handled, kept with its reason for an operator's decision

A crash is `kill -9` in effect: the process ends at a named point (`onward/crashpoints.py`) without flushing
or closing anything. How the promises are checked: `tests/chaos/promises.py`. `make test` plays a short form.
"""


@dataclass(slots=True)
class Entry:
    """What the rehearsals of one fault came to."""

    chapter: str
    """First line of the module that plays it."""
    day: str = ""
    commit: str = ""
    seeds: list[int] = field(default_factory=list)
    seconds: float = 0.0
    counts: dict[str, Count] = field(default_factory=dict)

    def add(self, seed: int, seconds: float, counts: Mapping[str, Count]) -> None:
        """Add one more rehearsal."""
        self.seeds.append(seed)
        self.seconds += seconds
        for name, count in counts.items():
            so_far = self.counts.get(name, 0)
            self.counts[name] = max(so_far, count) if name.startswith(MOST) else so_far + count

    def after(self, earlier: "Entry | None") -> "Entry":
        """Return this with what *earlier* found, unless a seed of it was played again."""
        if earlier is None or set(earlier.seeds) & set(self.seeds):
            return self
        commits = (
            earlier.commit if self.commit in earlier.commit else f"{earlier.commit}, {self.commit}"
        )
        both = Entry(self.chapter, self.day, commits, earlier.seeds + self.seeds[:-1])
        both.seconds, both.counts = earlier.seconds, dict(earlier.counts)
        both.add(self.seeds[-1], self.seconds, self.counts)
        return both


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return kept


@dataclass(slots=True)
class Record:
    """What a campaign has played so far."""

    entries: dict[str, Entry] = field(default_factory=dict)
    """By fault."""
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    """Tests, by their pytest node."""
    servers: dict[str, str] = field(default_factory=dict)
    """What ran: name and version."""
    before: Mapping[str, Any] = field(default_factory=_kept)
    """The results when this campaign began."""

    def write(self) -> None:
        """Merge this part into the results kept so far, and write the page."""
        kept = _kept()
        day, commit = time.strftime("%Y-%m-%d", time.gmtime()), _commit()
        for entry in self.entries.values():
            entry.day, entry.commit = day, commit
        before = {fault: Entry(**entry) for fault, entry in self.before.get("faults", {}).items()}
        played = {
            fault: _plain(entry.after(before.get(fault))) for fault, entry in self.entries.items()
        }
        results = {
            "machine": _machine() | kept.get("machine", {}) | self.servers,
            "faults": dict(sorted((kept.get("faults", {}) | played).items())),
            "failed": sorted((set(kept.get("failed", ())) - self.passed) | self.failed),
        }
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        PAGE.write_text("\n".join(_lines(results)) + "\n")


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    yield HEAD
    yield "Played on: " + "; ".join(f"{k} {v}" for k, v in results["machine"].items()) + ".\n"
    failed = results["failed"]
    yield f"**Rehearsals that failed: {len(failed)}.**\n"
    yield from (f"- `{each}`" for each in failed)
    faults: Mapping[str, Any] = results["faults"]
    for chapter in sorted({entry["chapter"] for entry in faults.values()}):
        yield f"\n## {chapter}\n"
        yield "| fault | runs | counted | seconds | last played |"
        yield "|---|---|---|---|---|"
        for fault, entry in faults.items():
            if entry["chapter"] == chapter:
                yield _row(fault, entry)


def _row(fault: str, entry: Mapping[str, Any]) -> str:
    counted = ", ".join(_count(*each) for each in entry["counts"].items())
    seeds = sorted(set(entry["seeds"]))
    runs = str(len(entry["seeds"]))
    if len(seeds) > 1:
        runs += f" (seeds {seeds[0]} to {seeds[-1]})"
    when = f"{entry['day']} at `{entry['commit']}`"
    return f"| {fault} | {runs} | {counted} | {entry['seconds']:.0f} | {when} |"


def _count(name: str, count: Count) -> str:
    shown = f"{count:,}" if isinstance(count, int) else f"{count:,.2f}"
    words = name.replace("_", " ")
    return (
        f"**{words} {shown}**"
        if words in {"lost", "doubled", "disordered"}
        else f"{words} {shown}"
    )


def _plain(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "Python": platform.python_version(),
    }


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "no commit"
