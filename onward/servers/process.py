"""Run one server that is ours alone: unprivileged, in its own session, gone when we are gone."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from onward.errors import OnwardError

POLL_SECONDS = 0.02
"""How often a starting or ending server is looked at."""
STOP_SECONDS = 20.0
"""How long a server may take to end by itself before it is killed."""

# Reads until our end of the pipe closes, which it does however we die; then ends the server in its
# own way ($1 signal, $2 pid) and removes its folder ($3).
GUARD = """
read -r _
kill -s "$1" "$2" 2>/dev/null || exit 0
tries=0
while kill -0 "$2" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL "$2" 2>/dev/null
rm -rf "$3"
"""


class ServerError(OnwardError):
    """A server is missing on this machine or did not start; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The system user that servers run as."""

    uid: int
    gid: int

    def can_reach(self, path: Path) -> bool:
        """Whether this user may read *path*, going by ownership and mode alone."""
        return self._may(path, 5) and all(self._may(folder, 1) for folder in path.parents)

    def _may(self, path: Path, wanted: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            return (status.st_mode >> 6) & wanted == wanted
        if status.st_gid == self.gid:
            return (status.st_mode >> 3) & wanted == wanted
        return status.st_mode & wanted == wanted


def unprivileged(*names: str) -> Account | None:
    """Return the first of *names*, or ``nobody``, when we are root; None means ourselves.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServerError("Run this as a normal user: there is no user 'nobody' to start servers as.")


def private_folder(account: Account | None) -> Path:
    """Make a temporary folder that only *account* (and root) can enter."""
    folder = Path(tempfile.mkdtemp(prefix="onward-"))
    give(folder, account)
    return folder


def give(path: Path, account: Account | None) -> None:
    """Hand *path* over to *account*."""
    if account:
        os.chown(path, account.uid, account.gid)


def free_port() -> int:
    """Return a loopback TCP port that nobody uses at this moment.

    It lies below the range from which outgoing connections take theirs (32768 upwards on Linux): a
    broker takes seconds until it listens, and a port from that range may be gone by then.
    """
    for _ in range(100):
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerError("No free TCP port was found between 20000 and 32000.")


def listens(port: int) -> bool:
    """Whether something accepts connections on loopback *port*."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], *, within: float) -> bool:
    """Look until *ready*; return False when it still is not after *within* seconds."""
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def run_tool(
    command: Sequence[str], *, account: Account | None, env: Mapping[str, str] | None = None
) -> str:
    """Run a server's own tool as *account* and return what it printed; raises `ServerError`."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
        raise ServerError(f"{Path(command[0]).name} failed: {said[0]}")
    return done.stdout


@dataclass(slots=True, kw_only=True)
class ServerProcess:
    """A server's main process; start it once, end it once."""

    command: Sequence[str]
    account: Account | None
    log: Path
    """Gets whatever the server prints."""
    stop_signal: signal.Signals
    """How this server is asked to finish."""
    folder: Path
    """Private and temporary; removed should we die without having stopped the server."""
    env: Mapping[str, str]
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    _guard: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The running server's process id."""
        return self._running().pid

    @property
    def alive(self) -> bool:
        """Whether the server has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server in its own session, so that Ctrl-C reaches it only through us."""
        with self.log.open("ab") as log:
            give(self.log, self.account)
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd="/",
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        how = self.stop_signal.name.removeprefix("SIG")
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", how, str(self.pid), str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Let the server finish, and kill it if it has not after `STOP_SECONDS`."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise ServerError("This server has not been started.")
        return self._process

    def _end(self, how: signal.Signals) -> None:
        if self._guard:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def printed(self) -> str:
        """Return what the server has printed so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def last_words(self) -> str:
        """Return the last line the server printed."""
        lines = self.printed().strip().splitlines()
        return lines[-1] if lines else "it printed nothing"


def remove_folder(folder: Path) -> None:
    """Remove *folder* and all in it, also where something in it has just gone by itself."""
    shutil.rmtree(folder, ignore_errors=True)
