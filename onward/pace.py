"""When the next batch may start, and the next try.

At a steady pace events share a batch, after a rest they wait for none, and what somebody waits for
(`onward.contracts.base.Event.prompt`) neither waits nor lets others wait. What is away is tried ever more
seldom: nobody gains by asking twenty times a second, and each answer of none is a line in the log.
"""

from typing import Final

HEARD: Final = 0.06
"""Seconds between the starts of two batches, not full, of events that are taken over: `Service.apart`."""
SENT: Final = 0.02
"""The same of events that are sent: what waits here waits for everybody who hears it."""
AT_MOST: Final = 0.1
"""Seconds of rest after a batch, however long it took."""
AWAY: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries while the broker or the database is away."""


def next_start(begun: float, ended: float, *, apart: float) -> float:
    """Return when the batch after one that took from *begun* to *ended* may start, unless it is full.

    That is *apart* seconds after *begun* at the earliest: `HEARD` or `SENT`.

    A rest as long as the work: where the cores are short, batches take longer and so grow, and with what
    they save the pace is kept; many small ones would fall behind for good.
    """
    return max(begun + apart, ended + min(ended - begun, AT_MOST))


def pause_after(failures: int) -> float:
    """Return how many seconds to rest after a try in vain, *failures* others having gone before it."""
    return AWAY[min(failures, len(AWAY) - 1)]
