"""HTTP at little cost: clients and receivers of the benchmark share their cores with what they measure."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Final
from urllib.parse import urlsplit

from benchmarks.processes import BenchmarkError

PATIENCE: Final = 30.0
"""Seconds that an answer may take."""
_END: Final = (b"\r\n", b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer."""

    first: bytes
    """The line with the path, or with the status."""
    headers: Mapping[bytes, bytes]
    """By names in lower case."""
    body: bytes

    @property
    def status(self) -> int:
        """Of an answer."""
        return int(self.first.split(None, 2)[1])


def read_message(stream: BufferedIOBase) -> Message | None:
    """Return what comes next on *stream*, or None where its other end hung up.

    Raises `BenchmarkError` for a body that does not say how long it is: nothing of ours sends such.
    """
    first = stream.readline()
    if not first:
        return None
    headers = {}
    while (line := stream.readline()) not in _END:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    if b"transfer-encoding" in headers:
        raise BenchmarkError(f"{first!r} has a body of unknown length.")
    body = stream.read(int(headers.get(b"content-length", 0)))
    return Message(first=first, headers=headers, body=body)


class Line:
    """A connection to a server of ours, kept open."""

    def __init__(self, url: str) -> None:
        """Connect to the host and port of *url*."""
        where = urlsplit(url)
        self._host = where.netloc
        address = (where.hostname or "", where.port or 0)
        self._socket = socket.create_connection(address, timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Message:
        """Return what is answered to *body*. Raises `BenchmarkError` where the server hangs up."""
        said = {"Host": self._host, "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._socket.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        answer = read_message(self._answers)
        if answer is None:
            raise BenchmarkError(f"{path} was not answered.")
        return answer
