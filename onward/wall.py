"""Tell when the clock on the wall shows a time, through the nights when it changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def instant(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return when the wall's clock in *zone* shows *wall*, in UTC.

    Where it shows it twice: the first time, or the *last*. Where it never does: the end of the gap.
    """
    found = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return _change(before, after, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the minute between the two in which the clocks of *zone* change."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // timedelta(minutes=2) * timedelta(minutes=1)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
