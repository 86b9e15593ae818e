import threading
from collections.abc import Callable
from uuid import UUID

import pytest

from onward.errors import Retryable
from services.notification.timers.lanes import FOR_FAILING, FOR_HEALTHY, Lanes, Work

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def lanes() -> Lanes:
    return Lanes()


def doing(seen: list[str], name: str, *, well: bool = True) -> Work:
    def work() -> bool:
        seen.append(name)
        return well

    return work


def start(lanes: Lanes, work: Work, *, again: Work, failing: bool = False) -> None:
    lanes.start(ONE, work, again=again, failing=failing)
    assert lanes.wait(within=5)


def asked_meanwhile(lanes: Lanes, work: Work) -> Callable[[], bool]:
    def asked() -> bool:
        lanes.ask_busy()
        return work()

    return asked


def test_a_lane_that_nobody_asks_does_its_work_and_is_free(lanes: Lanes) -> None:
    seen: list[str] = []
    start(lanes, doing(seen, "work"), again=doing(seen, "again"))
    assert seen == ["work"]
    assert lanes.free() == (FOR_HEALTHY, FOR_FAILING)


def test_what_comes_while_a_lane_works_is_looked_after_once_more_before_it_ends(
    lanes: Lanes,
) -> None:
    seen: list[str] = []
    work = asked_meanwhile(lanes, asked_meanwhile(lanes, doing(seen, "work")))
    start(lanes, work, again=doing(seen, "again"))
    assert seen == ["work", "again"]


def test_what_comes_while_it_looks_once_more_is_looked_after_too(lanes: Lanes) -> None:
    seen: list[str] = []
    times = iter([True, True, False])

    def again() -> bool:
        if next(times):
            lanes.ask(ONE)
        return doing(seen, "again")()

    start(lanes, asked_meanwhile(lanes, doing(seen, "work")), again=again)
    assert seen == ["work", "again", "again", "again"]


def test_a_lane_whose_endpoint_failed_ends_whatever_was_asked(lanes: Lanes) -> None:
    seen: list[str] = []
    work = asked_meanwhile(lanes, doing(seen, "work", well=False))
    start(lanes, work, again=doing(seen, "again"), failing=True)
    assert seen == ["work"]
    start(lanes, doing(seen, "work"), again=doing(seen, "again"))
    assert seen == ["work", "work"], "what was asked of the lane before is forgotten"


@pytest.mark.parametrize("error", [Retryable("away"), ValueError("never foreseen")])
def test_a_lane_that_breaks_is_free_again(lanes: Lanes, error: Exception) -> None:
    def work() -> bool:
        raise error

    start(lanes, work, again=doing([], "again"))
    assert lanes.ask_busy() == set()


def test_lanes_in_use_are_counted_by_kind(lanes: Lanes) -> None:
    end = threading.Event()

    def work() -> bool:
        return end.wait(5)

    lanes.start(ONE, work, again=work, failing=True)
    lanes.start(OTHER, work, again=work, failing=False)
    try:
        assert lanes.free() == (FOR_HEALTHY - 1, FOR_FAILING - 1)
        assert lanes.ask_busy() == {ONE, OTHER}
        assert not lanes.wait(within=0.01)
    finally:
        end.set()
    assert lanes.wait(within=5)
