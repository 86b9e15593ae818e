"""The drawn sequence: every step is in it, in its lane, and nothing is drawn over anything."""

from datetime import timedelta

import pytest

from services.audit.domain.trail import Trail, trail_of
from services.audit.domain.wording import span
from services.audit.web.drawing import LEFT, draw
from tests.unit.audit.logbook import Logbook
from tests.unit.audit.story import HOUSE, WARD, Story, a_handoff

NAMES = {WARD: "Oxford Health NHS Foundation Trust", HOUSE: "Response"}


def trail() -> Trail:
    entries = Logbook(a_handoff()).entries
    assert entries[0].facts.referral is not None
    return trail_of(entries[0].facts.referral, entries)


def test_every_step_is_drawn_once_in_order() -> None:
    drawing = draw(trail(), NAMES)
    numbers = [number for mark in drawing.marks for number in mark.numbers]
    assert numbers == [step.number for step in trail().steps]
    heights = [mark.y for mark in drawing.marks] + [gap.y for gap in drawing.gaps]
    assert len(set(heights)) == len(heights)
    assert max(heights) < drawing.height


def test_each_organisation_has_a_lane_of_its_own() -> None:
    drawing = draw(trail(), NAMES)
    assert [lane.lines for lane in drawing.lanes] == [
        ["Oxford Health NHS", "Foundation Trust"],
        ["Response"],
    ]
    places = {lane.x for lane in drawing.lanes}
    assert len(places) == 2
    assert all(mark.x in places and mark.x > LEFT for mark in drawing.marks)


def test_a_request_points_from_the_sender_to_the_recipient() -> None:
    drawing = draw(trail(), NAMES)
    ward, house = (lane.x for lane in drawing.lanes)
    assert (drawing.marks[0].x, drawing.marks[0].to_x) == (ward, house)
    assert drawing.marks[0].shape == "arrow"


def test_reads_that_follow_on_each_other_share_a_dot() -> None:
    story = Story()
    entries = Logbook([story.requested(), story.read(), story.read(), story.read()]).entries
    drawing = draw(trail_of(story.referral, entries), NAMES)
    assert [mark.label for mark in drawing.marks] == [
        "Asked to take the person on",
        "Read: pack, 3 times",
    ]


def test_a_day_without_a_step_and_a_missing_step_are_marked() -> None:
    story = Story()
    told = [story.requested(), story.disclosed(), story.accepted(minutes=60 * 30)]
    entries = Logbook([told[0], told[2]]).entries
    drawing = draw(trail_of(story.referral, entries), NAMES)
    assert [(gap.label, gap.missing) for gap in drawing.gaps] == [
        ("30 hours later", False),
        ("1 step missing here", True),
    ]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=89), "89 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_lengths_of_time_are_said_as_people_say_them(length: timedelta, words: str) -> None:
    assert span(length) == words
