"""A lane's connection is left open for the next one, not for long, and never without a new check for ever."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from uuid import UUID, uuid4

import pytest

from services.notification.timers.connections import CHECKED, IDLE, Connections
from services.notification.timers.pinned import Calls, Reach
from tests.support.receiver import Receiver


class Line:
    """One endpoint, called by a lane after the other, on a clock that stands still in between."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.now = 0.0
        self.looked_up = 0
        self.connections = Connections(timer=lambda: self.now)
        self.endpoint = uuid4()
        origin = f"http://hooks.partner.test:{receiver.port}"
        self.url = f"{origin}/hooks"
        self.reach = Reach(allowed=(origin,), resolve=self._resolve)

    def _resolve(self, _host: str, _port: int) -> Sequence[str]:
        self.looked_up += 1
        return ["127.0.0.1"]

    def call(self, endpoint: UUID | None = None, *, after: float = 0.0) -> None:
        self.now += after
        with self.connections.calls(endpoint or self.endpoint, self.url, self.reach) as calls:
            calls.post(b"{}", {})

    def close(self) -> None:
        self.connections.close()

    @property
    def ports(self) -> list[int]:
        """From where each call came."""
        return [call.port for call in self.receiver.calls]


@pytest.fixture
def line(receiver: Receiver) -> Iterator[Line]:
    """Lend an endpoint that answers."""
    with closing(Line(receiver)) as line:
        yield line


def test_calls_in_quick_succession_share_a_connection_and_its_check(line: Line) -> None:
    line.call()
    line.call(after=IDLE)
    assert len(set(line.ports)) == 1
    assert line.looked_up == 1


def test_a_connection_that_nobody_uses_is_closed(line: Line) -> None:
    line.call()
    line.call(after=IDLE + 0.1)
    assert len(set(line.ports)) == 2
    assert line.looked_up == 2


def test_a_busy_connection_is_checked_anew_from_time_to_time(line: Line) -> None:
    for _ in range(int(CHECKED / IDLE) + 2):
        line.call(after=IDLE)
    assert line.looked_up == 2


def test_a_connection_that_a_lane_takes_while_others_are_closed_is_its_own(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, close, taken = uuid4(), Calls.hang_up, ExitStack()
    line.call()
    line.call(other)

    def hang_up(calls: Calls) -> None:
        monkeypatch.undo()
        taken.enter_context(line.connections.calls(other, line.url, line.reach))
        close(calls)

    monkeypatch.setattr(Calls, "hang_up", hang_up)
    line.now += IDLE + 0.1
    line.connections.hang_up_idle()
    taken.close()
    line.call()
    assert len(line.ports) == 3


def test_no_connection_serves_two_endpoints(line: Line) -> None:
    line.call()
    line.call(uuid4())
    assert len(set(line.ports)) == 2


def test_who_refuses_is_looked_up_and_connected_to_anew(line: Line) -> None:
    line.receiver.answer = lambda _: 500
    line.call()
    line.call()
    assert len(set(line.ports)) == 2
    assert line.looked_up == 2
