"""Where the services' processor time goes during whole handoffs: stacks sampled with py-spy, drawn as flames.

Read from below: each service has the width of its share of the samples, each function that of the time
spent in it and what it called. Only code that held Python's lock counts as at work.
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from benchmarks import handoff, intake
from benchmarks.platform import Platform

RATE = 100
"""Samples a second."""
WIDTH, ROW, LETTER, NARROW, LEAST = 1200, 17, 6.5, 30, 0.002
"""Pixels; a narrow box has no text, and one of less than the least share of everything is left out."""
STYLE = "text{font:11px system-ui,sans-serif;fill:#0b0c0c}rect{stroke:#fff;stroke-width:.5}"
COLOURS = {
    "onward": "#5694ca",
    "services": "#f499be",
    "sqlalchemy": "#ffdd00",
    "psycopg2": "#f47738",
}
OTHER = "#b1b4b6"
PLACES = {
    "PostgreSQL (SQLAlchemy, psycopg2 and what we put around it)": (
        "sqlalchemy/",
        "onward/wire.py",
    ),
    "AMQP (kombu, amqp)": ("kombu/", "amqp/"),
    "HTTP (Flask, werkzeug, eventlet's server)": ("flask/", "werkzeug/"),
    "marshmallow": ("marshmallow/",),
    "reading and writing events (onward/codec.py)": ("onward/codec.py",),
    "handlers and domain (services/)": ("services/",),
}
"""Where a sample may stand, by what its stack holds; one sample may stand in several."""
_PLACE = re.compile(r"^(.*) \(([^():]+)(?::\d+)?\)$")
_ROOT = re.compile(r"site-packages/|^.*/lib/python3\.\d+/|^.*?(?=onward/|services/)")

Stacks = Mapping[tuple[str, ...], int]


@dataclass(slots=True)
class Flame:
    """A function where it was called, and the functions it called."""

    samples: int = 0
    called: dict[str, "Flame"] = field(default_factory=dict)

    def add(self, stack: tuple[str, ...], samples: int) -> None:
        """Add *samples* of *stack* below this one."""
        flame = self
        flame.samples += samples
        for name in stack:
            flame = flame.called.setdefault(name, Flame())
            flame.samples += samples


def sample(platform: Platform, handoffs: int) -> dict[str, Stacks]:
    """Return the stacks of each service, while a backlog is drained and handoffs come in over HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        watched = {
            name: _watch(program.pid, Path(folder) / name)
            for name, program in platform.programs.items()
        }
        handoff.drain(platform, handoffs)
        intake.latency(platform, handoffs // 4)
        for spy in watched.values():
            spy.send_signal(signal.SIGINT)  # write what was seen
            spy.wait()
        return {name: _stacks(Path(folder) / name) for name in watched}


def _watch(pid: int, path: Path) -> "subprocess.Popen[bytes]":
    options = ("--gil", "--nonblocking", "--format", "raw", "--rate", str(RATE))
    return subprocess.Popen(
        [
            *(str(Path(sys.executable).parent / "py-spy"), "record", *options),
            *("--output", str(path), "--pid", str(pid)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _stacks(path: Path) -> Stacks:
    stacks: Counter[tuple[str, ...]] = Counter()
    for line in path.read_text().splitlines():
        frames, _, samples = line.rpartition(" ")
        stacks[tuple(map(_named, frames.split(";")))] += int(samples)
    return stacks


def _named(frame: str) -> str:
    found = _PLACE.match(frame)
    return f"{found[1]} · {_ROOT.sub('', found[2])}" if found else frame


def shares(services: Mapping[str, Stacks]) -> dict[str, dict[str, float]]:
    """Return which share of each service's samples has each of `PLACES` anywhere on its stack."""
    return {
        name: {place: _share(stacks, files) for place, files in PLACES.items()}
        for name, stacks in services.items()
    }


def _share(stacks: Stacks, files: Sequence[str]) -> float:
    matching = sum(
        samples
        for stack, samples in stacks.items()
        if any(file in name for name in stack for file in files)
    )
    return matching / max(1, sum(stacks.values()))


def draw(services: Mapping[str, Stacks]) -> str:
    """Return the picture of all *services* side by side."""
    root = Flame()
    for name, stacks in services.items():
        for stack, samples in stacks.items():
            root.add((name, *stack), samples)
    boxes = list(_boxes(root, root.samples))
    height = ROW * (2 + max((level for level, *_ in boxes), default=0))
    drawn = "".join(_box(height, *box) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>Where the services' processor time goes</title><style>{STYLE}</style>"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{drawn}</svg>\n'
    )


Box = tuple[int, float, float, str]
"""Level, left, width (both as shares of everything) and name."""


def _boxes(flame: Flame, total: int, *, level: int = 0, left: float = 0.0) -> Iterator[Box]:
    for name, called in flame.called.items():
        width = called.samples / total
        if width >= LEAST:
            yield level, left, width, name
            yield from _boxes(called, total, level=level + 1, left=left)
        left += width


def _box(height: int, level: int, left: float, width: float, name: str) -> str:
    x, wide, y = left * WIDTH, width * WIDTH, height - ROW * (level + 1)
    place = name.rpartition(" · ")[2].partition("/")[0]
    text = escape(name.partition(" · ")[0][: int(wide / LETTER)]) if wide > NARROW else ""
    return (
        f'<g><title>{escape(name)}: {width:.1%}</title><rect x="{x:.1f}" y="{y}" width="{wide:.1f}"'
        f' height="{ROW}" fill="{COLOURS.get(place, OTHER)}"/>'
        + (f'<text x="{x + 3:.1f}" y="{y + 12}">{text}</text>' if text else "")
        + "</g>"
    )
