"""A rehearsal dies exactly where it was told to, and nowhere else."""

import os
import subprocess
import sys

import pytest

from onward.crashpoints import POINTS

WALK = """
from onward import crashpoints
for point in 2 * crashpoints.POINTS:
    crashpoints.reached(point)
    print(point, flush=True)
"""


def walk(crash_at: str | None) -> tuple[int, list[str]]:
    environ = {key: value for key, value in os.environ.items() if key != "ONWARD_CRASH_AT"}
    if crash_at:
        environ["ONWARD_CRASH_AT"] = crash_at
    done = subprocess.run(
        [sys.executable, "-c", WALK], env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.split()


def test_unset_no_point_ends_the_process() -> None:
    assert walk(None) == (0, [*POINTS, *POINTS])


@pytest.mark.parametrize(
    ("crash_at", "passed"),
    [("after-commit", POINTS.index("after-commit")), ("after-receive:2", len(POINTS))],
)
def test_the_process_ends_at_the_named_point_without_a_word(crash_at: str, passed: int) -> None:
    assert walk(crash_at) == (137, [*POINTS, *POINTS][:passed])


def test_a_point_that_is_none_is_refused() -> None:
    assert walk("after-lunch")[0] == 1
