"""What a process and its children have used so far, read from ``/proc``."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """Return *pid* and every descendant that lives now."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time of the trees under *pids*, children that ended included."""
    return sum(_own(pid) for top in pids for pid in tree(top))


def memory_mb(pids: Iterable[int]) -> float:
    """Return the memory of the trees under *pids*, what they share counted once (PSS)."""
    return sum(_pss(pid) for top in pids for pid in tree(top)) / 1024


def load() -> float:
    """Return how many processes wanted a core, on average over the last minute."""
    return os.getloadavg()[0]


def _own(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS  # utime, stime, and those of reaped children
    return 0.0


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        return sum(_kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_text()))
    return 0


def _kilobytes(rollup: str) -> Iterator[int]:
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            yield int(line.split()[1])
