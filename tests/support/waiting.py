"""Wait for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY = 0.02
"""Seconds between two looks."""


def eventually(predicate: Callable[[], T], *, within: float = 10.0, why: str = "") -> T:
    """Return *predicate*'s first true answer; fail the test if there is none *within* seconds.

    An AssertionError inside *predicate* counts as "not yet", and is what the test fails with.
    """
    deadline = time.monotonic() + within
    while True:
        refusal: AssertionError | None = None
        try:
            if answer := predicate():
                return answer
        except AssertionError as error:
            refusal = error
        if time.monotonic() > deadline:
            raise refusal or AssertionError(f"Not true within {within:g} s: {why or predicate!r}")
        time.sleep(LOOK_EVERY)
