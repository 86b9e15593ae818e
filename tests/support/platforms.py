"""The whole platform for a test, in either way of running: one process, or four on real servers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from onward.clock import OffsetClock
from onward.demo.client import Origin, Person, System
from onward.demo.receivers import Receivers
from onward.embedded_folder import CLOCK_FILE
from onward.servers.process import free_port
from onward.service import installed
from tests.support.databases import Databases
from tests.support.processes import SERVE, Process, environment
from tests.support.waiting import eventually

UP = ("-m", "onward.cli.main", "up")
START_SECONDS = 120.0
SWIFT = {"ONWARD_RATE_PER_SECOND": "10000", "ONWARD_RATE_BURST": "10000"}


@dataclass(slots=True, kw_only=True)
class Platform:
    """A running platform and how to use it."""

    name: str
    origin: Origin
    clock: OffsetClock
    receivers: Receivers
    processes: Mapping[str, Process]
    """By service; one named ``platform`` where all run in one."""
    environ: Mapping[str, str]
    """Settings for `onward` commands against it."""
    data: Path | None
    """The embedded platform's folder."""
    logins: dict[str, dict[str, str]] = field(default_factory=dict)
    systems: dict[str, dict[str, str]] = field(default_factory=dict)

    def person(self, username: str) -> Person:
        """Sign somebody of the seed partnership in."""
        return Person(self.origin, username, self.logins[username]["password"])

    def system(self, client_id: str) -> System:
        """Return a partner's system of the seed partnership."""
        return System(self.origin, client_id, self.systems[client_id]["client_secret"])

    def onward(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an ``onward`` command against this platform, as an operator does."""
        where = ["--data", str(self.data)] if self.data else []
        return subprocess.run(
            [sys.executable, "-m", "onward.cli.main", *arguments, *where],
            env={**_clean(), **self.environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def seed(self, folder: Path) -> None:
        """Load the seed partnership and remember its logins."""
        file = folder / "credentials.json"
        done = self.onward("directory", "seed", "--credentials", str(file))
        assert done.returncode == 0, done.stderr
        made: dict[str, list[dict[str, Any]]] = json.loads(file.read_text())
        self.logins = {person["username"]: person for person in made["people"]}
        self.systems = {system["client_id"]: system for system in made["systems"]}

    def logs(self) -> str:
        """Return everything the processes have logged."""
        return "\n".join(process.log.read_text() for process in self.processes.values())


@contextmanager
def embedded(folder: Path) -> Iterator[Platform]:
    """Run ``onward up`` in a process, on a folder of its own."""
    with ExitStack() as stack:
        receivers = _receivers(stack)
        port, data = free_port(), Path(stack.enter_context(_open_folder()))
        process = Process(
            arguments=(*UP, "--data", str(data), "--port", str(port)),
            environ={**SWIFT, **_outward(receivers), "PYTHONWARNINGS": "ignore"},
            log=folder / "platform.log",
        )
        stack.callback(process.close)
        platform = Platform(
            name="embedded",
            origin=Origin(f"http://127.0.0.1:{port}"),
            clock=OffsetClock(data / CLOCK_FILE),
            receivers=receivers,
            processes={"platform": process.start()},
            environ={},
            data=data,
        )
        _until_ready(platform)
        platform.seed(folder)
        yield platform
        _stop(platform)


@contextmanager
def distributed(folder: Path, databases: Databases, amqp_uri: str) -> Iterator[Platform]:
    """Run the four services as processes on real RabbitMQ and PostgreSQL, behind a stand-in proxy."""
    with ExitStack() as stack:
        receivers = _receivers(stack)
        clock = OffsetClock(folder / CLOCK_FILE)
        ports = {name: free_port() for name in installed()}
        base_url = f"http://127.0.0.1:{ports['referral']}"
        by_path = ByPath(ports)
        stack.callback(by_path.hang_up)
        environ: dict[str, str] = {}
        processes = {}
        for name, port in ports.items():
            database = stack.enter_context(databases.migrated(name))
            settings = environment(name, database, amqp_uri, port=port) | {
                "ONWARD_PUBLIC_URL": base_url,
                "ONWARD_CLOCK_OFFSET_FILE": str(clock.path),
                **_outward(receivers),
            }
            environ |= settings
            processes[name] = Process(
                arguments=(*SERVE, name), environ=settings, log=folder / f"{name}.log"
            )
            stack.callback(processes[name].close)
        for process in processes.values():
            process.start()
        platform = Platform(
            name="distributed",
            origin=Origin(base_url, by_path),
            clock=clock,
            receivers=receivers,
            processes=processes,
            environ=environ,
            data=None,
        )
        _until_ready(platform)
        platform.seed(folder)
        yield platform
        _stop(platform)


class ByPath(httpx.BaseTransport):
    """Sends each request to the service that owns its path, as the edge proxy does."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        """Know each service's port."""
        self._network = httpx.HTTPTransport()
        self._owners = {
            path: ports[name]
            for name, service in installed().items()
            for path in (*service.paths, f"/{name}", f"/api/v1/{name}")
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass *request* on."""
        path = request.url.path
        owner = max(
            (
                prefix
                for prefix in self._owners
                if path == prefix or path.startswith(prefix.rstrip("/") + "/")
            ),
            key=len,
        )
        request.url = request.url.copy_with(port=self._owners[owner])
        return self._network.handle_request(request)

    def hang_up(self) -> None:
        """Close every connection; not `close`, which each client of many would call."""
        self._network.close()


@contextmanager
def _open_folder() -> Iterator[str]:
    """Lend a folder that the bundled PostgreSQL can enter when it may not run as root."""
    with tempfile.TemporaryDirectory(prefix="onward-test-") as folder:
        Path(folder).chmod(0o711)
        yield folder


def _receivers(stack: ExitStack) -> Receivers:
    receivers = Receivers()
    receivers.start()
    stack.callback(receivers.stop)
    return receivers


def _outward(receivers: Receivers) -> dict[str, str]:
    return {
        "ONWARD_SMTP_URL": receivers.smtp_url,
        "ONWARD_WEBHOOK_ALLOW": receivers.hook_origin,
    }


def _stop(platform: Platform) -> None:
    """Stop what still runs, all at once, and see it end well."""
    alive = [process for process in platform.processes.values() if process.alive]
    for process in alive:
        process.running.terminate()
    for process in alive:
        assert process.ended(within=60) == 0, process.log.read_text()


def _until_ready(platform: Platform) -> None:
    with platform.origin.client() as http:
        for name in installed():
            eventually(
                partial(_ready_or_ended, http, f"/{name}/readyz", platform),
                within=START_SECONDS,
                why=f"{name} gets ready",
            )
    assert not _ended(platform), platform.logs()


def _ready_or_ended(http: httpx.Client, path: str, platform: Platform) -> bool:
    return _answers(http, path) or _ended(platform)


def _answers(http: httpx.Client, path: str) -> bool:
    try:
        return http.get(path).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _ended(platform: Platform) -> bool:
    return any(not process.alive for process in platform.processes.values())


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ONWARD_")}
