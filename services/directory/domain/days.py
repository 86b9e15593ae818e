"""Days as people count them here: from midnight to midnight in London."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def day_of(at: datetime) -> date:
    """Return the day it is in London."""
    return at.astimezone(LONDON).date()


def begins(day: date) -> datetime:
    """Return the first moment of *day*."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def is_over(day: date) -> datetime:
    """Return the first moment after *day*."""
    return begins(day + timedelta(days=1))
