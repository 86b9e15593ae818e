"""Batches at a pace: at once after a rest, together when events come steadily, larger when time is short."""

import pytest

from onward.pace import AT_MOST, HEARD, SENT, next_start


@pytest.mark.parametrize(
    ("took", "starts"),
    [
        pytest.param(0.005, HEARD, id="a quick batch leaves room for some to gather"),
        pytest.param(0.03, 0.06, id="a slower one is followed by a rest as long"),
        pytest.param(8.0, 8.0 + AT_MOST, id="a very slow one holds nothing up for long"),
    ],
)
def test_the_next_batch_starts_when_some_have_gathered(took: float, starts: float) -> None:
    assert next_start(100.0, 100.0 + took, apart=HEARD) == pytest.approx(100.0 + starts)


def test_what_comes_after_a_rest_waits_for_nothing() -> None:
    assert next_start(100.0, 100.01, apart=HEARD) < 101.0


def test_what_is_sent_waits_for_less_than_what_is_heard() -> None:
    assert next_start(100.0, 100.001, apart=SENT) < next_start(100.0, 100.001, apart=HEARD)
