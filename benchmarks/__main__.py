"""Measure everything side by side in one run: ``python -m benchmarks [--short] [--only NAME …]``.

Writes ``benchmarks/results.json``, ``RESULTS.md`` and its pictures; a short run is a rehearsal and writes
the same files, saying so. With ``--only``, what an earlier run measured of the other figures stays.
"""

import argparse
import platform
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks import report
from benchmarks.plan import FIGURES, FULL, SHORT, Bench, Results
from benchmarks.stand import commit, facts, standing
from onward.observability import configure_logging

HERE = Path(__file__).parent


def main() -> int:
    """Measure, write, and say where."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a rehearsal of a few minutes")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES], default=[*FIGURES])
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    configure_logging("warning")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended, too
    with standing() as stand:
        results = Results(facts=facts(stand), short=asked.short)
        if asked.only != [*FIGURES] and (kept := report.earlier(asked.to)):
            results.resume(kept, asked.only)
        bench = Bench(stand=stand, sizes=SHORT if asked.short else FULL, results=results, say=_say)
        for name in asked.only:
            _measure(name, FIGURES[name], bench)
            report.write(results, asked.to)
    _say(f"Written: {asked.to / 'RESULTS.md'}")
    return 1 if results.failures else 0


def _measure(name: str, figure: Callable[[Bench], None], bench: Bench) -> None:
    _say(f"== {name}")
    begun = time.monotonic()
    try:
        figure(bench)
    except Exception as error:  # noqa: BLE001 - one figure that fails must not cost the others
        _say(f"   failed: {traceback.format_exc()}")
        bench.results.fail(name, error)
    else:
        bench.results.measured[name] = (
            f"{time.strftime('%d %B %Y, %H:%M UTC', time.gmtime())}, at commit {commit()},"
            f" Python {platform.python_version()}"
        )
    _say(f"   {time.monotonic() - begun:.0f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
