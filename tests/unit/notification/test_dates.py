"""What stands in calendars after a batch is what would stand there had its events come one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from onward.contracts.referral import HandoffEvent
from services.notification.domain.dates import ENDED, SET, Date, DateKind, Over, left_by
from tests.support.events import event_of

FEW = [UUID(int=1), UUID(int=2)]
"""So few that events are often about the same."""


@st.composite
def handoff_events(draw: st.DrawFn) -> HandoffEvent:
    made: type[Any] = draw(st.sampled_from(sorted({*SET, *ENDED}, key=lambda one: one.__name__)))
    event: Any = draw(event_of(made))
    changed = {"handoff_id": draw(st.sampled_from(FEW))}
    if "appointment_id" in {field.name for field in fields(made)}:
        appointment = draw(st.integers(1, 2))  # one handoff's, not the other's
        changed["appointment_id"] = UUID(int=10 * changed["handoff_id"].int + appointment)
    found: HandoffEvent = replace(event, **changed)
    return found


Calendar = dict[tuple[UUID, DateKind], Date]


def followed(calendar: Calendar, set_: Iterable[Date], over: Sequence[Over]) -> Calendar:
    """Do as storage does: forget what is over, then keep what is set."""
    kept = {
        key: date
        for key, date in calendar.items()
        if not any(end.handoff_id == date.handoff_id and end.ends(date) for end in over)
    }
    return kept | {(date.item, date.kind): date for date in set_}


@given(st.lists(handoff_events(), max_size=8), st.lists(handoff_events(), max_size=8))
def test_a_batch_leaves_what_its_events_leave_one_by_one(
    before: list[HandoffEvent], batch: list[HandoffEvent]
) -> None:
    stored: Calendar = {}
    for event in before:
        stored = followed(stored, *left_by([event]))
    one_by_one = stored
    for event in batch:
        one_by_one = followed(one_by_one, *left_by([event]))
    set_, over = left_by(batch)
    assert followed(stored, set_, over) == one_by_one
    assert len({(date.item, date.kind) for date in set_}) == len(set_)
