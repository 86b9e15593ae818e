"""Quiet outside somebody's hours, by the clock on the wall in London."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onward.delivery.hours import LONDON, Hours, next_at, reachable_from

OFFICE = Hours(days=(0, 1, 2, 3, 4), begins=time(9), ends=time(17))
NIGHTS = Hours(begins=time(22), ends=time(6))
FRIDAY_EVENING = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def test_what_comes_after_hours_waits_for_the_next_working_day() -> None:
    assert reachable_from(OFFICE, FRIDAY_EVENING) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_what_comes_within_hours_comes_at_once() -> None:
    inside = FRIDAY_EVENING - timedelta(hours=2)
    assert reachable_from(OFFICE, inside) == inside
    assert reachable_from(None, FRIDAY_EVENING) == FRIDAY_EVENING


def test_a_night_shift_goes_on_into_the_morning() -> None:
    small_hours = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert reachable_from(NIGHTS, small_hours) == small_hours
    assert reachable_from(NIGHTS, small_hours + timedelta(hours=6)) == datetime(
        2026, 11, 21, 22, 0, tzinfo=UTC
    )


def test_hours_are_those_of_the_wall_clock_on_either_side_of_a_clock_change() -> None:
    summer = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    assert reachable_from(OFFICE, summer) == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert next_at(time(9), summer) == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def test_the_same_hour_twice_is_the_whole_day() -> None:
    always = Hours(begins=time(8), ends=time(8))
    assert reachable_from(always, FRIDAY_EVENING) == FRIDAY_EVENING


HOURS = st.builds(
    Hours,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    begins=st.times(),
    ends=st.times(),
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - gets its zone


@given(hours=HOURS, at=MOMENTS)
def test_a_message_is_never_early_and_waits_a_week_at_most(hours: Hours, at: datetime) -> None:
    due = reachable_from(hours, at)
    assert at <= due <= at + timedelta(days=7, hours=1)
    assert reachable_from(hours, due) == due


@given(clock=st.times(), at=MOMENTS)
def test_a_digest_comes_within_a_day_and_a_clock_change(clock: time, at: datetime) -> None:
    due = next_at(clock, at)
    assert at < due <= at + timedelta(hours=25)
    assert due.astimezone(LONDON).date() >= at.astimezone(LONDON).date()
