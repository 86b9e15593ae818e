"""When a service is open: on the wall's clock, past midnight, on holidays, and for sessions by a rule."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.bank_holidays import bank_holiday
from services.directory.domain.opening import State, in_words, now, read
from services.directory.domain.opening.times import DAYS
from tests.unit.directory.openings import LONDON, OFFICE, local, unhurried, week

EVENINGS = {"weekly": [{"days": ["sat"], "from": "18:00", "to": "02:00"}]}
moments = st.integers(0, 2 * 365 * 24 * 12).map(
    lambda step: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * step)
)


def stands(document: Any, at: str, nation: str = "england") -> tuple[str, str | None, str | None]:
    """Return state, until and next opening, written in London's time."""
    found = now(read(document), nation, local(at))

    def shown(moment: datetime | None) -> str | None:
        return f"{moment.astimezone(LONDON):%Y-%m-%dT%H:%M}" if moment else None

    return found.state.value, shown(found.until), shown(found.next_opens)


def test_open_from_the_first_minute_until_the_last_is_over() -> None:
    assert stands(OFFICE, "2026-03-02T08:59") == ("closed", None, "2026-03-02T09:00")
    assert stands(OFFICE, "2026-03-02T09:00") == ("open", "2026-03-02T17:00", None)
    assert stands(OFFICE, "2026-03-02T17:00") == ("closed", None, "2026-03-03T09:00")


def test_after_the_weekend_comes_monday() -> None:
    assert stands(OFFICE, "2026-03-06T18:00") == ("closed", None, "2026-03-09T09:00")


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    assert stands(EVENINGS, "2026-03-08T01:30") == ("open", "2026-03-08T02:00", None)
    assert stands(EVENINGS, "2026-03-09T01:30")[0] == "closed"


def test_hours_that_meet_are_one_opening() -> None:
    document = {
        "weekly": [
            {"days": ["mon"], "from": "18:00", "to": "24:00"},
            {"days": ["tue"], "from": "00:00", "to": "03:00"},
        ],
    }

    assert stands(document, "2026-03-02T20:00") == ("open", "2026-03-03T03:00", None)


@pytest.mark.parametrize("nation", ["england", "wales"])
def test_easter_monday_2026_is_a_bank_holiday(nation: str) -> None:
    assert bank_holiday(date(2026, 4, 6), nation) == "Easter Monday"
    assert stands(OFFICE, "2026-04-02T18:00", nation) == ("closed", None, "2026-04-07T09:00")


def test_the_monday_that_stands_in_for_a_holiday_on_a_weekend_is_one_too() -> None:
    assert bank_holiday(date(2026, 12, 26), "england") == "Boxing Day"
    assert bank_holiday(date(2026, 12, 28), "england") == "Boxing Day"
    assert bank_holiday(date(2026, 11, 30), "england") is None  # Scotland's


def test_a_bank_holiday_nobody_speaks_of_is_to_be_asked_about() -> None:
    silent = {"weekly": OFFICE["weekly"]}

    assert stands(silent, "2026-04-06T10:00") == ("unknown", None, "2026-04-07T09:00")
    assert stands(silent, "2026-04-06T20:00") == ("closed", None, "2026-04-07T09:00")
    assert "Bank holidays: not stated, ask first" in in_words(read(silent))


def test_bank_holidays_can_have_hours_of_their_own_or_be_as_usual() -> None:
    short = {**OFFICE, "bank_holidays": [{"from": "10:00", "to": "12:00"}]}
    usual = {**OFFICE, "bank_holidays": "as_usual"}

    assert stands(short, "2026-04-06T09:30") == ("closed", None, "2026-04-06T10:00")
    assert stands(usual, "2026-04-06T09:30") == ("open", "2026-04-06T17:00", None)


def test_a_dated_exception_wins_over_hours_and_holidays() -> None:
    document = {
        **OFFICE,
        "exceptions": [
            {"day": "2026-12-24", "to": "2026-12-25", "closed": True, "says": "Christmas"},
            {"day": "2026-12-28", "hours": [{"from": "13:00", "to": "15:00"}]},
        ],
    }

    assert stands(document, "2026-12-24T10:00") == ("closed", None, "2026-12-28T13:00")
    assert "24 December 2026 to 25 December 2026: closed (Christmas)" in in_words(read(document))


def test_what_is_always_open_closes_for_an_exception_only() -> None:
    document = {
        "always": True,
        "bank_holidays": "as_usual",
        "exceptions": [{"day": "2026-03-06", "closed": True}],
    }

    assert stands(document, "2026-03-04T03:00") == ("open", "2026-03-06T00:00", None)
    assert stands(document, "2026-03-06T03:00") == ("closed", None, "2026-03-07T00:00")
    assert stands(document, "2026-03-07T03:00") == ("open", None, None)


def test_hours_nobody_states_are_not_known() -> None:
    document = {"unstated": ["Six days a week: which is not said"]}

    assert stands(document, "2026-03-02T10:00") == ("unknown", None, None)
    assert now(None, "england", local("2026-03-02T10:00")).state is State.UNKNOWN
    assert in_words(read(document))[-1] == "Not stated: Six days a week: which is not said"
    assert in_words(None) == ("When it is open is not stated: ask first",)


def test_a_closure_is_known_even_where_hours_are_not() -> None:
    document = {"exceptions": [{"day": "2026-03-02", "closed": True}]}

    assert stands(document, "2026-03-02T10:00")[0] == "closed"
    assert stands(document, "2026-03-03T10:00")[0] == "unknown"


def test_a_session_every_second_week_keeps_its_step_over_years() -> None:
    group = {
        "sessions": [
            {
                "name": "Choir",
                "rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
                "starts": "2020-01-07T18:30",
                "minutes": 90,
            }
        ],
        "bank_holidays": "closed",
    }

    assert (date(2026, 3, 10) - date(2020, 1, 7)).days % 14 == 0
    assert stands(group, "2026-03-03T19:00") == ("closed", None, "2026-03-10T18:30")
    assert stands(group, "2026-03-10T19:00") == ("open", "2026-03-10T20:00", None)
    assert in_words(read(group))[0] == "Choir: every second week on Tuesday, 6:30pm to 8pm"


def test_a_course_of_six_sessions_has_no_seventh() -> None:
    course = {
        "sessions": [
            {"rule": "FREQ=WEEKLY;COUNT=6;BYDAY=MO", "starts": "2026-03-02T10:00", "minutes": 60}
        ],
        "bank_holidays": "as_usual",
    }

    assert stands(course, "2026-03-30T12:00") == ("closed", None, "2026-04-06T10:00")
    assert stands(course, "2026-04-06T12:00") == ("closed", None, None)


@unhurried
@given(week(), moments)
def test_open_is_what_the_clock_on_the_wall_says(document: Any, at: datetime) -> None:
    """The plain reading: today's hours, or yesterday's past midnight, hold the time that is shown."""
    wall = at.astimezone(LONDON)
    other = at.astimezone(LONDON).replace(fold=1 - wall.fold)
    if other.utcoffset() != wall.utcoffset():
        return  # shown twice: told from the first to the last
    expected = any(_holds(hours, wall) for hours in document["weekly"])
    if document["weekly"]:
        assert (now(read(document), "england", at).state is State.OPEN) is expected


def _holds(hours: Any, wall: datetime) -> bool:
    shown = f"{wall:%H:%M}"
    begins, ends = hours["from"], hours["to"]
    today, yesterday = wall.weekday(), (wall.weekday() - 1) % 7
    if begins < ends:
        return DAYS[hours["days"][0]] == today and begins <= shown < ends
    started = DAYS[hours["days"][0]] == today and shown >= begins
    goes_on = DAYS[hours["days"][0]] == yesterday and shown < ends
    return bool(started or goes_on)


@unhurried
@given(week(), moments)
def test_what_is_told_to_come_next_comes(document: Any, at: datetime) -> None:
    found = now(read(document), "england", at)
    minute = timedelta(minutes=1)
    if found.next_opens:
        assert found.next_opens > at
        assert now(read(document), "england", found.next_opens - minute).state is not State.OPEN
        assert now(read(document), "england", found.next_opens).state is State.OPEN
    if found.until:
        assert found.until > at
        assert now(read(document), "england", found.until - minute).state is State.OPEN
        assert now(read(document), "england", found.until).state is not State.OPEN
    if document["weekly"] and found.state is State.CLOSED:
        assert found.next_opens is not None
