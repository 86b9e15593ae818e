"""How facts are written on pages."""

from datetime import UTC, date, datetime

import marshmallow as ma
import pytest

from onward.web.pages import day, moment, words
from onward.web.schemas import Many, Schema, Text, UtcDateTime, Whole


class Sample(Schema):
    text = Text(10, multiline=True)
    at = UtcDateTime()
    many = Many(Whole(0, 1), most=2, fewest=1)


def test_moments_are_written_in_london_time() -> None:
    assert moment(datetime(2026, 7, 1, 8, 5, tzinfo=UTC)) == "1 July 2026, 9:05am"
    assert moment(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) == "21 November 2026, 12:00pm"
    assert day(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "2 July 2026"
    assert day(date(2026, 7, 1)) == "1 July 2026"


def test_codes_are_written_as_words() -> None:
    assert words("no-capacity") == "No capacity"
    assert words("in_progress") == "In progress"
    assert words(None) == ""


def test_text_is_composed_and_trimmed() -> None:
    assert Sample().load({"text": " e\u0301te\u0301\r\n2 "})["text"] == "\u00e9t\u00e9\n2"


def test_moments_are_kept_in_utc() -> None:
    loaded = Sample().load({"at": "2026-07-01T09:05:00+01:00"})["at"]

    assert loaded == datetime(2026, 7, 1, 8, 5, tzinfo=UTC)
    assert loaded.tzinfo == UTC


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "soon", 5]
)
def test_moments_that_no_calendar_of_ours_holds_are_refused(at: object) -> None:
    with pytest.raises(ma.ValidationError):
        Sample().load({"at": at})


@pytest.mark.parametrize("many", [[], [0, 1, 1], [2], [True], [1.5], ["1"]])
def test_lists_are_limited_in_length_and_in_what_they_hold(many: list[object]) -> None:
    with pytest.raises(ma.ValidationError):
        Sample().load({"many": many})
