from typing import Any

from services.notification.timers.pinned import _Stream


class Inner:
    """The other side of a stream: what was sent when, and one answer."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, buffer: bytes, _timeout: float) -> None:
        self.sent.append(buffer)

    def read(self, _most: int, _timeout: float) -> bytes:
        return b"answer"


def test_head_and_body_leave_in_one_piece_and_once() -> None:
    inner: Any = Inner()
    stream = _Stream(inner, lambda: 1.0)
    stream.write(b"head ")
    stream.write(b"body")
    assert inner.sent == []
    assert stream.read(10) == b"answer"
    assert stream.read(10) == b"answer"
    assert inner.sent == [b"head body"]
