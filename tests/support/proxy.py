"""A TCP proxy between a service and its broker or database, to cut, silence, swallow or slow what passes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

CHUNK = 65536
CLOSES_AFTER = 2.0
"""Seconds a connection lives in the mode `Mode.TIMEOUT`."""
SLOWNESS = 0.5
"""Seconds each chunk takes in the mode `Mode.SLOW`, either way."""


class Mode(StrEnum):
    """What can be wrong with a network; the first four are those of Nameko's own tests (toxiproxy)."""

    DOWN = "down"
    """Connections are closed, new ones refused."""
    TIMEOUT = "timeout"
    """Nothing passes, and connections are closed after a while."""
    TO_SERVER = "swallowed towards the server"
    """The server still speaks and is never answered."""
    TO_CLIENT = "swallowed towards the client"
    """The server hears everything, and its answers are lost."""
    SLOW = "slow"


SWALLOWS = {
    Mode.TIMEOUT: {True, False},
    Mode.TO_SERVER: {False},
    Mode.TO_CLIENT: {True},
}
"""In which directions a mode loses what is said: True is towards the client."""


class Proxy:
    """Passes bytes on until told otherwise."""

    def __init__(self, port: int) -> None:
        """Stand in front of loopback *port*."""
        self._target = port
        self._passing = threading.Event()
        self._passing.set()
        self._healed = threading.Event()
        self._mode: Mode | None = None
        self._trap: tuple[bytes, Mode] | None = None
        self._pairs: list[socket.socket] = []
        self._torn: list[socket.socket] = []
        self.connections = 0
        """How many were made through it so far."""
        self.crumb = 0
        """When above zero, what the server says next passes up to this many bytes, then nothing."""
        self.port = 0
        self._listen()

    def fail(self, mode: Mode) -> None:
        """Be at fault in this way until `heal`."""
        self._healed.clear()
        self._mode = mode
        if mode is Mode.DOWN:
            self._refuse()
            self.cut()
        if mode is Mode.TIMEOUT:
            threading.Thread(target=self._time_out, daemon=True).start()

    def fail_at(self, words: bytes, mode: Mode) -> None:
        """Begin to `fail` with the moment at which a client says *words*, these included."""
        self._trap = words, mode

    def heal(self) -> None:
        """Be without fault; connections on which something was lost are closed."""
        mode, self._mode = self._mode, None
        self._healed.set()
        if mode is Mode.DOWN:
            self._listen()
        torn, self._torn = self._torn, []
        _close(torn)

    @contextlib.contextmanager
    def failing(self, mode: Mode) -> Iterator[None]:
        """Be at fault in this way meanwhile, whatever happens."""
        self.fail(mode)
        try:
            yield
        finally:
            self.heal()

    def silence(self) -> None:
        """Let nothing pass and close nothing: as when a cable is cut."""
        self._passing.clear()

    def resume(self) -> None:
        """Let everything pass, what was held back included."""
        self.crumb = 0
        self._passing.set()

    def cut(self) -> None:
        """Close every connection at once; new ones are welcome."""
        pairs, self._pairs = self._pairs, []
        _close(pairs)

    def __enter__(self) -> Self:
        """Return itself: it listens already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._refuse()
        self.cut()
        self._passing.set()
        self._healed.set()

    def in_front_of(self, uri: str) -> str:
        """Return *uri* with this proxy in place of the server it names."""
        if uri.startswith("postgresql"):
            url = sa.make_url(uri).set(host="127.0.0.1", port=self.port)
            return url.render_as_string(hide_password=False)
        address = urlsplit(uri)
        credentials = address.netloc.rpartition("@")[0]
        return urlunsplit(address._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _refuse(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a close alone leaves `accept` waiting
        self._listener.close()

    def _time_out(self) -> None:
        while not self._healed.wait(CLOSES_AFTER):
            self.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self.connections += 1
            self._pairs += [client, server]
            for source, sink, to_client in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pass_on, args=(source, sink, to_client), daemon=True
                ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, to_client: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if to_client and self.crumb:
                    sink.sendall(data[: self.crumb])
                    data, self.crumb = data[self.crumb :], 0
                    self.silence()
                self._passing.wait()
                if not to_client:
                    self._spring(data)
                if self._mode and to_client in SWALLOWS.get(self._mode, ()):
                    self._torn += [source, sink]
                    continue
                if self._mode is Mode.SLOW:
                    self._healed.wait(SLOWNESS)
                sink.sendall(data)
        _close([source, sink])

    def _spring(self, data: bytes) -> None:
        if self._trap and self._trap[0] in data:
            (_, mode), self._trap = self._trap, None
            self.fail(mode)


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
