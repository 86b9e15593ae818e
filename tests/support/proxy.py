"""A TCP proxy between a service and its broker or database, to cut, silence or crumble what passes."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import sqlalchemy as sa

CHUNK = 65536


class Proxy:
    """Passes bytes on until told otherwise."""

    def __init__(self, port: int) -> None:
        """Stand in front of loopback *port*."""
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._passing = threading.Event()
        self._passing.set()
        self._pairs: list[socket.socket] = []
        self.connections = 0
        """How many were made through it so far."""
        self.crumb = 0
        """When above zero, what the server says next passes up to this many bytes, then nothing."""
        threading.Thread(target=self._accept, daemon=True).start()

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
        for each in pairs:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self) -> Self:
        """Return itself: it listens already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._listener.close()
        self.cut()
        self._passing.set()

    def in_front_of(self, uri: str) -> str:
        """Return *uri* with this proxy in place of the server it names."""
        if uri.startswith("postgresql"):
            url = sa.make_url(uri).set(host="127.0.0.1", port=self.port)
            return url.render_as_string(hide_password=False)
        address = urlsplit(uri)
        credentials = address.netloc.rpartition("@")[0]
        return urlunsplit(address._replace(netloc=f"{credentials}@127.0.0.1:{self.port}"))

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                client.close()
                continue
            self.connections += 1
            self._pairs += [client, server]
            for source, sink, crumbles in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pass_on, args=(source, sink, crumbles), daemon=True
                ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, crumbles: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if crumbles and self.crumb:
                    sink.sendall(data[: self.crumb])
                    data, self.crumb = data[self.crumb :], 0
                    self.silence()
                self._passing.wait()
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.close()
