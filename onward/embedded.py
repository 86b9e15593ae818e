"""The whole platform in one process: four services, a bundled PostgreSQL, an in-process broker, one port.

Everything else is the code that runs distributed. Messages in flight die with the process, so after an
unclean stop what was sent recently is sent again; the inboxes drop what they had.
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import eventlet
import sqlalchemy as sa
import structlog

from onward import migrate, outbox, service, transport
from onward.clock import OffsetClock
from onward.embedded_folder import CLOCK_FILE, RUNNING_FILE, SECRETS_FILE, SETTINGS_FILE
from onward.private import write_private
from onward.runtime import Requests, Wsgi, accept, container, wsgi_server
from onward.servers import EmbeddedPostgres, create_service_database
from onward.service import RunningService
from onward.settings import read_settings

QUIET = 5.0
"""Seconds a clean stop waits for events under way to be handled."""
MARGIN = timedelta(minutes=1)

log = structlog.get_logger(__name__)

_UNSENT = sa.text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")


class EmbeddedPlatform:
    """The four services on data in one folder."""

    def __init__(
        self, folder: Path, *, port: int, settings: Mapping[str, str] | None = None
    ) -> None:
        """Keep everything below *folder*; answer on loopback *port*; *settings* go over the environment's."""
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.clock = OffsetClock(folder / CLOCK_FILE)
        self.running: dict[str, RunningService] = {}
        self._settings = dict(settings or {})
        self._postgres = EmbeddedPostgres(folder / "postgres")
        self._containers: list[Any] = []
        self._running_since = folder / RUNNING_FILE

    def start(self) -> None:
        """Bring everything up; when this returns, requests are answered. Raises `ServerError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.folder.chmod(0o711)  # PostgreSQL runs as another user then, and must get in
        listener = _listen(self.port)
        self._postgres.start()
        self._prepare()
        self._send_again()
        self._running_since.write_text(datetime.now(UTC).isoformat())
        for running in self.running.values():
            hosted = container(running, role="all", app=None)
            hosted.start()
            self._containers.append(hosted)
        self._requests = Requests(one_origin(self.running.values()))
        self._web = eventlet.spawn(accept, listener, wsgi_server(listener, self._requests))

    @property
    def containers(self) -> list[Any]:
        """The Nameko containers, one per service."""
        return self._containers

    def stop(self) -> None:
        """Finish what is under way, then stop; what could not be finished is sent again at the next start."""
        self._web.kill()
        self._requests.finish()
        self._settle()
        pool = eventlet.GreenPool()
        for hosted in self._containers:
            pool.spawn_n(hosted.stop)
        pool.waitall()
        # Only now: until it stopped, each service may have told something that another no longer heard.
        quiet = not self._under_way()
        for running in self.running.values():
            running.close()
        self._postgres.stop(keep=True)
        if quiet:
            self._running_since.unlink(missing_ok=True)

    def _prepare(self) -> None:
        environ = self._environ()
        for name, declared in service.installed().items():
            database = create_service_database(self._postgres.uri, name)
            migrate.upgrade(declared, database.owner_url)
            here = {
                f"ONWARD_{name.upper()}_DATABASE_URL": database.app_url,
                f"ONWARD_{name.upper()}_OWNER_DATABASE_URL": database.owner_url,
            }
            environ |= here
            self.running[name] = service.running(declared, read_settings(name, environ))
        write_private(self.folder / SETTINGS_FILE, json.dumps(environ))

    def _environ(self) -> dict[str, str]:
        path = self.folder / SECRETS_FILE
        if not path.exists():
            made = {name: secrets.token_hex(32) for name in ("SECRET_KEY", "SIGNING_KEY")}
            write_private(path, json.dumps(made))
        kept = {f"ONWARD_{name}": value for name, value in json.loads(path.read_text()).items()}
        return {
            **kept,
            "ONWARD_PUBLIC_URL": self.url,
            **{name: value for name, value in os.environ.items() if name.startswith("ONWARD_")},
            "ONWARD_AMQP_URI": transport.URI,
            "ONWARD_CLOCK_OFFSET_FILE": str(self.clock.path),
            **self._settings,
        }

    def _send_again(self) -> None:
        """Send once more what an unclean stop may have caught between broker and receiver."""
        if not self._running_since.exists():
            return
        since = datetime.fromisoformat(self._running_since.read_text()) - MARGIN
        for running in self.running.values():
            with running.engine.begin() as connection:
                again = outbox.send_again(connection, since)
            log.info("sent-again", service=running.service.name, events=again)

    def _settle(self) -> None:
        """Wait a while for nothing to be under way any more."""
        deadline = time.monotonic() + QUIET
        while self._under_way() and time.monotonic() < deadline:
            eventlet.sleep(0.05)

    def _under_way(self) -> bool:
        return transport.waiting() > 0 or any(map(_unsent, self.running.values()))


def one_origin(services: Iterable[RunningService]) -> Wsgi:
    """Return the WSGI application that passes each path to the service that owns it."""
    apps: dict[str, Wsgi] = {}
    for running in services:
        app = running.service.create_app(running)
        apps |= dict.fromkeys(running.service.paths, app)
        name = running.service.name
        apps |= {f"/{name}": app, f"/api/v1/{name}": app}
    longest_first = sorted(apps, key=len, reverse=True)

    def route(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        owner = next(
            prefix
            for prefix in longest_first
            if path == prefix or path.startswith(prefix.rstrip("/") + "/")
        )
        return apps[owner](environ, start_response)

    return route


def _unsent(running: RunningService) -> int:
    with running.engine.connect() as connection:
        count: int = connection.execute(_UNSENT).scalar_one()
        return count


def _listen(port: int) -> Any:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener
