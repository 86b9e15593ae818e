"""Start a program that is to be measured, hold it still, let it go, and end it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from benchmarks import meters
from onward.errors import OnwardError

PATIENCE = 60.0
"""Seconds that anything may take before the benchmark gives up."""
LOOK = 0.05


class BenchmarkError(OnwardError):
    """A measurement could not be made; the text says which and why."""


class Program:
    """One program with its children."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: IO[bytes], name: str) -> None:
        """Look after *process*, whose output goes to *log*."""
        self.process = process
        self.name = name
        self._log = log

    @property
    def pid(self) -> int:
        """Its first process."""
        return self.process.pid

    def hold(self) -> None:
        """Stop every process of it where it is."""
        for pid in meters.tree(self.pid):
            os.kill(pid, signal.SIGSTOP)

    def release(self) -> None:
        """Let every process of it go on."""
        for pid in reversed(meters.tree(self.pid)):
            os.kill(pid, signal.SIGCONT)

    def wait_until(self, ready: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        """Look until *ready*; raise `BenchmarkError` when it ends or takes too long before that."""
        deadline = time.monotonic() + within
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"{self.name} did not come to {what}:\n{self._last_words()}")
            time.sleep(LOOK)

    def end(self) -> None:
        """Ask it to stop; kill what is left of it after 20 seconds."""
        pids = meters.tree(self.pid)
        self.process.terminate()
        with suppress(ProcessLookupError):
            self.release()  # one that is held still hears nothing
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        for pid in pids:
            if _is_ours(pid, self.pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-2000:]


@contextmanager
def started(module: str, environment: Mapping[str, str], *arguments: str) -> Iterator[Program]:
    """Run ``python -m module arguments`` in a session of its own for the length of the block."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the program has ended
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    program = Program(process, log, f"{module} {' '.join(arguments)}".strip())
    try:
        yield program
    finally:
        program.end()


def _is_ours(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False
