"""When the next batch may start: at a steady pace events share one, after a rest they wait for none."""

from typing import Final

AT_LEAST: Final = 0.02
"""Seconds between the starts of two batches that are not full."""
AT_MOST: Final = 0.1
"""Seconds of rest after a batch, however long it took."""


def next_start(begun: float, ended: float) -> float:
    """Return when the batch after one that took from *begun* to *ended* may start, unless it is full.

    A rest as long as the work: where the cores are short, batches take longer and so grow, and with what
    they save the pace is kept; many small ones would fall behind for good.
    """
    return max(begun + AT_LEAST, ended + min(ended - begun, AT_MOST))
