"""The bank holidays of England and of Wales, and of no other nation: they share theirs."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import ModuleType
from typing import Final

SUBDIVISIONS: Final[Mapping[str, str]] = {"england": "ENG", "wales": "WLS"}


def bank_holiday(day: date, nation: str) -> str | None:
    """Return the name of the bank holiday on *day* in *nation* (``england``, ``wales``), or None.

    A holiday on a weekend is told on its own day and on the weekday that stands in for it: a
    service that closes for Christmas closes on both.
    """
    return _of_year(day.year, nation).get(day)


def prepare() -> None:
    """Load what takes a while to load, so that no request has to wait for it."""
    _library()


@cache
def _of_year(year: int, nation: str) -> Mapping[date, str]:
    found = _library().country_holidays("GB", subdiv=SUBDIVISIONS[nation], years=year)
    return {
        day: name.removesuffix(" (observed)") for day, name in found.items() if day.year == year
    }


def _library() -> ModuleType:
    import holidays  # noqa: PLC0415 - half a second that most commands of the service never need

    return holidays
