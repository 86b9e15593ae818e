"""Time is injected: it can be shifted for a whole platform, or stand still."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from onward.clock import ManualClock, OffsetClock, SystemClock


def test_the_machines_clock_tells_utc() -> None:
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)
    assert SystemClock().now().tzinfo is UTC


def test_days_pass_at_once_for_every_clock_on_the_same_file(tmp_path: Path) -> None:
    one, other = OffsetClock(tmp_path / "offset"), OffsetClock(tmp_path / "offset")
    assert other.offset() == timedelta()
    one.advance(timedelta(days=10))
    one.advance(timedelta(hours=1))
    assert other.offset() == timedelta(days=10, hours=1)
    assert abs(other.now() - datetime.now(UTC) - timedelta(days=10, hours=1)).total_seconds() < 5


def test_an_empty_offset_file_shifts_nothing(tmp_path: Path) -> None:
    (tmp_path / "offset").write_text("")
    assert OffsetClock(tmp_path / "offset").offset() == timedelta()


def test_a_manual_clock_stands_still_until_told() -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(minutes=15))
    assert clock.now() == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)
