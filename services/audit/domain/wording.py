"""How times, ids and codes are written for people."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from onward.plurals import counted

LONDON: Final = ZoneInfo("Europe/London")


def span(length: timedelta) -> str:
    """Write a length of time as people say it: ``3 days``, ``26 hours``, ``5 minutes``."""
    minutes = int(length.total_seconds() // 60)
    for size, word in ((48 * 60, "day"), (90, "hour")):
        if minutes >= size:
            return counted(minutes // (24 * 60 if word == "day" else 60), word)
    return counted(minutes, "minute") if minutes else "less than a minute"


def in_words(code: str | None) -> str:
    """Write a code as words: ``direct-care`` as ``Direct care``."""
    return (code or "").replace("-", " ").replace("_", " ").capitalize()


def to_the_second(at: datetime) -> str:
    """Write a moment by London's clock: ``16 Nov 2026 09:05:00``."""
    return f"{at.astimezone(LONDON):%d %b %Y %H:%M:%S}"
