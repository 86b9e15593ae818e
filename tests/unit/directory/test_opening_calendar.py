"""From when to when: through the nights when the clocks change, and wherever one begins to look."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.opening import read
from services.directory.domain.opening.calendar import intervals
from tests.unit.directory.openings import LONDON, session, unhurried


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    night = {"weekly": [{"days": ["sat"], "from": "22:00", "to": "06:00"}]}
    (one,) = intervals(read(night), "england", date(2026, 3, 28), date(2026, 3, 28))

    assert one.ends - one.begins == timedelta(hours=7)


def test_the_night_the_clocks_go_back_is_an_hour_longer() -> None:
    night = {"weekly": [{"days": ["sat"], "from": "22:00", "to": "06:00"}]}
    (one,) = intervals(read(night), "england", date(2026, 10, 24), date(2026, 10, 24))

    assert one.ends - one.begins == timedelta(hours=9)


def test_a_time_the_clock_skips_is_the_end_of_the_gap() -> None:
    gap = {"weekly": [{"days": ["sun"], "from": "01:30", "to": "02:30"}]}
    (one,) = intervals(read(gap), "england", date(2026, 3, 29), date(2026, 3, 29))

    assert one.begins == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert one.ends == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    never = {"weekly": [{"days": ["sun"], "from": "01:15", "to": "01:45"}]}
    assert not intervals(read(never), "england", date(2026, 3, 29), date(2026, 3, 29))


def test_a_time_the_clock_shows_twice_begins_first_and_ends_last() -> None:
    twice = {"weekly": [{"days": ["sun"], "from": "01:15", "to": "01:45"}]}
    (one,) = intervals(read(twice), "england", date(2026, 10, 25), date(2026, 10, 25))

    assert one.ends - one.begins == timedelta(minutes=90)


def test_a_session_lasts_as_long_whatever_the_clock_does() -> None:
    walk = {
        "sessions": [
            {"rule": "FREQ=DAILY", "starts": "2026-10-01T00:30", "minutes": 120},
        ],
        "bank_holidays": "as_usual",
    }
    for one in intervals(read(walk), "england", date(2026, 10, 20), date(2026, 10, 30)):
        assert one.ends - one.begins == timedelta(minutes=120)


@unhurried
@given(session(), st.integers(0, 1500), st.integers(0, 60))
def test_sessions_are_the_same_wherever_one_begins_to_look(
    said: Any, first: int, length: int
) -> None:
    """Looking far from the first session finds what counting from it finds."""
    found = read({"sessions": [said], "bank_holidays": "as_usual"})
    begin = date(2026, 2, 1) + timedelta(days=first)
    end = begin + timedelta(days=length)
    whole = intervals(found, "england", date(2026, 2, 1), end)
    expected = [one for one in whole if one.begins.astimezone(LONDON).date() >= begin]

    assert intervals(found, "england", begin, end) == expected
