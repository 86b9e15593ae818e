"""What a link to the broker reads and writes at once."""

import socket
import struct
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from amqp.transport import TCPTransport

from onward.link import CORK, Link, _read_ahead

FRAME_END = b"\xce"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return both ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        theirs, _ = server.accept()
        with ours, theirs:
            yield ours, theirs


def frame(payload: bytes) -> bytes:
    return struct.pack(">BHI", 1, 7, len(payload)) + payload + FRAME_END


class Counting:
    """A socket that counts how often it is read."""

    def __init__(self, real: socket.socket) -> None:
        self.real = real
        self.reads = 0

    def recv(self, size: int) -> bytes:
        self.reads += 1
        return self.real.recv(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.fixture
def transport(ends: tuple[socket.socket, socket.socket]) -> TCPTransport:
    made = TCPTransport("127.0.0.1")
    made.sock = Counting(ends[0])
    made._setup_transport()
    _read_ahead(made)
    return made


def link_on(sock: Any) -> Link:
    link = Link("amqp://127.0.0.1//")
    link._wire = SimpleNamespace(transport=SimpleNamespace(sock=sock, _read_buffer=b""))
    return link


def test_frames_that_came_together_are_read_together(
    ends: tuple[socket.socket, socket.socket], transport: TCPTransport
) -> None:
    payloads = [b"one", b"", b"three" * 100]
    ends[1].sendall(b"".join(map(frame, payloads)))
    assert [transport.read_frame() for _ in payloads] == [(1, 7, each) for each in payloads]
    assert transport.sock.reads == 1


def test_what_was_read_ahead_is_there_to_be_taken(
    ends: tuple[socket.socket, socket.socket], transport: TCPTransport
) -> None:
    link = Link("amqp://127.0.0.1//")
    link._wire = SimpleNamespace(transport=transport)
    assert not link._has_more()
    ends[1].sendall(frame(b"one") + frame(b"two"))
    transport.read_frame()
    assert link._has_more(), "the socket has nothing more, but the second frame is here"
    transport.read_frame()
    assert not link._has_more()


def test_a_frame_larger_than_what_is_read_at_once_is_whole(
    ends: tuple[socket.socket, socket.socket], transport: TCPTransport
) -> None:
    large = bytes(range(256)) * 400
    ends[1].sendall(frame(large) + frame(b"after"))
    assert transport.read_frame() == (1, 7, large)
    assert transport.read_frame() == (1, 7, b"after")


@pytest.mark.skipif(CORK is None, reason="packets are held back on Linux alone")
def test_what_is_said_together_leaves_when_all_is_said(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.settimeout(0)
    with link_on(ours).together():
        ours.sendall(b"one,")
        ours.sendall(b"two,")
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        ours.sendall(b"three")
    theirs.settimeout(5)
    assert theirs.recv(100) == b"one,two,three"
    ours.sendall(b"alone")
    assert theirs.recv(100) == b"alone"


def test_a_connection_that_broke_meanwhile_is_not_a_second_trouble(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = ends
    with pytest.raises(ValueError, match="the first"), link_on(ours).together():  # noqa: PT012
        ours.close()
        raise ValueError("the first")
