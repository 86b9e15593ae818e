"""When the next batch may start: at a steady pace events share one, after a rest they wait for none."""

from typing import Final

HEARD: Final = 0.02
"""Seconds between the starts of two batches, not full, of events that are taken over."""
SENT: Final = 0.005
"""The same of events that are sent: what waits here waits for everybody who hears it."""
AT_MOST: Final = 0.1
"""Seconds of rest after a batch, however long it took."""


def next_start(begun: float, ended: float, *, apart: float) -> float:
    """Return when the batch after one that took from *begun* to *ended* may start, unless it is full.

    That is *apart* seconds after *begun* at the earliest: `HEARD` or `SENT`.

    A rest as long as the work: where the cores are short, batches take longer and so grow, and with what
    they save the pace is kept; many small ones would fall behind for good.
    """
    return max(begun + apart, ended + min(ended - begun, AT_MOST))
