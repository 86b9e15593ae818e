"""Run a service as a process of its own, the way an operator does, and see how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from onward.servers import ServiceDatabase
from onward.servers.process import free_port
from tests.support.waiting import eventually

START_SECONDS = 90.0
SECRET = "not-a-secret-only-a-rehearsal-0123456789"
SAMPLE = ("-m", "tests.support.sample")
SERVE = ("-m", "onward.cli.main", "serve")


@dataclass(slots=True, kw_only=True)
class Process:
    """One program of ours; what it logs goes to a file."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _logged_before: int = field(default=0, init=False)
    """Bytes that earlier lives left in the log."""

    def start(self, **environ: str) -> Self:
        """Start it, with *environ* on top of its settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ONWARD_")}
        with self.log.open("ab") as log:
            self._logged_before = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments],
                env={**kept, **self.environ, **environ},
                stdout=log,
                stderr=log,
            )
        return self

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """The operating system's process."""
        assert self._process
        return self._process

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return its log entries named *event*."""
        return [entry for entry in self.entries() if entry.get("event") == event]

    def entries(self) -> list[dict[str, Any]]:
        """Return all it has logged; a line that is no entry reads as one named ``not-a-log-line``."""
        return [_entry(line) for line in self.log.read_text(errors="replace").splitlines()]

    def ready(self) -> Self:
        """Wait until it serves."""
        eventually(
            lambda: self._has_started() or not self.alive,
            within=START_SECONDS,
            why="the service starts",
        )
        assert self.alive, self.log.read_text()
        return self

    def _has_started(self) -> bool:
        lines = self.log.read_bytes()[self._logged_before :].decode(errors="replace").splitlines()
        return any(_entry(line).get("event") == "service-started" for line in lines)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to finish; return its exit code and how many seconds it took."""
        begun = time.monotonic()
        self.running.send_signal(how)
        code = self.running.wait(60)
        return code, time.monotonic() - begun

    def ended(self, within: float = 30.0) -> int:
        """Wait for it to end by itself; return its exit code."""
        return self.running.wait(within)

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.alive:
            self.running.kill()
            self.running.wait()


def environment(
    name: str, database: ServiceDatabase, amqp_uri: str, *, port: int | None = None
) -> dict[str, str]:
    """Return the settings of service *name* as ONWARD_… variables."""
    return {
        f"ONWARD_{name.upper()}_DATABASE_URL": database.app_url,
        f"ONWARD_{name.upper()}_OWNER_DATABASE_URL": database.owner_url,
        "ONWARD_AMQP_URI": amqp_uri,
        "ONWARD_SECRET_KEY": SECRET,
        "ONWARD_SIGNING_KEY": SECRET,
        "ONWARD_LISTEN": f"127.0.0.1:{port or free_port()}",
        "PYTHONWARNINGS": "ignore",
        "ONWARD_RATE_PER_SECOND": "10000",
        "ONWARD_RATE_BURST": "10000",
    }


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"event": "not-a-log-line", "line": line}
