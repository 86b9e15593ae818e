"""A private RabbitMQ node made of this machine's programs: own name, ports, folders and epmd."""

import os
import secrets
import shutil
import signal
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from onward.servers import process
from onward.servers.process import ServerError, ServerProcess

START_SECONDS = 90.0
USER = "onward"
LARGEST_MESSAGE = 262_144
"""Bytes; the limit every edge of the platform has."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the nodes of one cluster have in common."""

    epmd_port: int = field(default_factory=process.free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    cookie: str = field(default_factory=lambda: secrets.token_hex(20))


class LocalRabbit:
    """A broker of our own; `start` it again after `kill` or ``stop(keep=True)``."""

    def __init__(self, *, management: bool = False, beside: "LocalRabbit | None" = None) -> None:
        """Raise `ServerError` where RabbitMQ is not installed; *management* adds its HTTP API.

        With a running node to stand *beside*, this one joins its cluster when it starts.
        """
        self.port, self._dist_port = process.free_port(), process.free_port()
        self.management_port = process.free_port() if management else None
        self.pid: int | None = None
        self._scripts = _scripts()
        self._first = beside
        self.shared: Shared = beside.shared if beside else Shared()
        self._account = process.unprivileged("rabbitmq")
        self._folder = process.private_folder(self._account)
        self._remove_folder = weakref.finalize(self, process.remove_folder, self._folder)
        self._server: ServerProcess | None = None
        self._epmd: ServerProcess | None = None

    @property
    def name(self) -> str:
        """What its peers in a cluster call it."""
        return f"onward-{self.port}@localhost"

    @property
    def uri(self) -> str:
        """Where a client connects, with its user and password, on the virtual host ``/``."""
        return f"amqp://{USER}:{self.shared.password}@127.0.0.1:{self.port}/%2F"

    @property
    def management_uri(self) -> str | None:
        """Where the HTTP API answers, with user and password; None without it."""
        if self.management_port is None:
            return None
        return f"http://{USER}:{self.shared.password}@127.0.0.1:{self.management_port}"

    def start(self) -> Self:
        """Start the node and wait until clients can connect; raises `ServerError`."""
        try:
            self._start()
        except ServerError:
            self.stop()
            raise
        return self

    def stop(self, *, keep: bool = False) -> None:
        """Stop; unless *keep*, end its epmd and remove its folder, for good."""
        if self._server and keep:
            self._server.stop()
        elif self._server:
            self._server.kill()  # nothing of it is kept, so there is nothing to wait for
        self.pid = None
        if keep:
            return
        if self._epmd:
            self._epmd.kill()
        self._remove_folder()

    def kill(self) -> None:
        """End the node as a crash would; its data stays for the next `start`.

        Within about 3 s of its declaration a single node forgets a quorum queue this way: RabbitMQ 3.10
        writes its register of names late (`names_on_disk`).
        """
        if self._server:
            self._server.kill()
        self.pid = None

    def pause(self) -> None:
        """Freeze the node: connections stay open and nothing answers."""
        if self._server:
            self._server.pause()

    def resume(self) -> None:
        """Let a paused node go on."""
        if self._server:
            self._server.resume()

    def restart(self) -> Self:
        """Stop and start on the same data and the same port."""
        self.stop(keep=True)
        return self.start()

    def names_on_disk(self, queue: str) -> bool:
        """Whether quorum queue *queue* would survive `kill`."""
        registers = (self._folder / "mnesia").glob("*/quorum/*/names.dets")
        return any(f"_{queue}".encode() in register.read_bytes() for register in registers)

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` on this node and return what it printed; takes a second or two."""
        command = [str(self._scripts / "rabbitmqctl"), "--quiet", *arguments]
        return process.run_tool(command, account=self._account, env=self._environment())

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop and clean up."""
        self.stop()

    def _start(self) -> None:
        if not (self._folder / "rabbitmq.conf").exists():
            self._write_configuration()
        if self._epmd is None and self._first is None:
            self._epmd = self._process([_epmd(), "-port", str(self.shared.epmd_port)], "epmd.log")
            self._epmd.start()
            process.wait_until(lambda: process.listens(self.shared.epmd_port), within=10)
        server = self._process([str(self._scripts / "rabbitmq-server")], "rabbit.log")
        server.start()
        self._server, self.pid = server, server.pid
        if not process.wait_until(lambda: self._answers(server), within=START_SECONDS):
            raise ServerError(f"RabbitMQ is not ready after {START_SECONDS:.0f} seconds.")

    def _answers(self, server: ServerProcess) -> bool:
        if not server.alive:
            raise ServerError(f"RabbitMQ did not start: {server.last_words()}")
        ports = [self.port, self.management_port or self.port]
        return all(process.listens(port) for port in ports)

    def _process(self, command: list[str], log: str) -> ServerProcess:
        return ServerProcess(
            command=command,
            account=self._account,
            log=self._folder / log,
            stop_signal=signal.SIGTERM,
            folder=self._folder,
            env=self._environment(),
        )

    def _write_configuration(self) -> None:
        lines = [
            f"listeners.tcp.default = 127.0.0.1:{self.port}",
            f"default_user = {USER}",
            f"default_pass = {self.shared.password}",
            "default_permissions.configure = .*",
            "default_permissions.read = .*",
            "default_permissions.write = .*",
            "default_user_tags.administrator = true",
            f"max_message_size = {LARGEST_MESSAGE}",
            "disk_free_limit.absolute = 50MB",
            "raft.wal_max_size_bytes = 33554432",
            "log.file.level = warning",
            "log.console.level = warning",
            # A node that has lost most of its peers stops serving, so that clients turn to the others.
            "cluster_partition_handling = pause_minority",
        ]
        if self._first:
            lines += [
                "cluster_formation.peer_discovery_backend = classic_config",
                f"cluster_formation.classic_config.nodes.1 = {self._first.name}",
                f"cluster_formation.classic_config.nodes.2 = {self.name}",
            ]
        if self.management_port:
            lines += [
                "management.tcp.ip = 127.0.0.1",
                f"management.tcp.port = {self.management_port}",
            ]
        plugins = "rabbitmq_management" if self.management_port else ""
        self._put("rabbitmq.conf", "\n".join(lines) + "\n")
        self._put("enabled_plugins", f"[{plugins}].\n")
        self._put("rabbitmq-env.conf", "")
        self._put(".erlang.cookie", self.shared.cookie)

    def _put(self, name: str, text: str) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        process.give(path, self._account)

    def _environment(self) -> dict[str, str]:
        """Return all that keeps this node apart from any other on the machine."""
        folder = self._folder
        return {
            "PATH": f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node instead of minding it
            "ERL_EPMD_PORT": str(self.shared.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }


def _scripts() -> Path:
    """Return the folder of RabbitMQ's own scripts; the wrappers insist on their system user."""
    for pattern in ("lib/rabbitmq/bin", "lib/rabbitmq/lib/*/sbin", "local/opt/rabbitmq/sbin"):
        for folder in sorted(Path("/usr").glob(pattern)):
            if (folder / "rabbitmq-server").exists():
                return folder
    found = shutil.which("rabbitmq-server")
    if found is None or not _epmd():
        raise ServerError("RabbitMQ is not installed here: install the package rabbitmq-server.")
    return Path(found).resolve().parent


def _epmd() -> str:
    """Return Erlang's port mapper."""
    bundled = sorted(str(path) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd"))
    return shutil.which("epmd") or (bundled[-1] if bundled else "")
