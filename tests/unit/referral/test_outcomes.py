"""Outcomes: what instruments take and give, what changed, and what figures may tell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.errors import ConflictError, InvalidError
from services.referral.domain.conversation import Visibility
from services.referral.domain.measures import FEWEST, Counted, told
from services.referral.domain.moves import Party, Status
from services.referral.domain.outcomes import (
    Better,
    Change,
    Instrument,
    Occasion,
    Outcome,
    changes,
    require_recordable,
)
from services.referral.storage.instruments import instruments
from tests.unit.referral.examples import NOON, handoff

ONS4 = instruments()["ons4"]
EVERY = pytest.mark.parametrize("instrument", instruments().values(), ids=lambda one: one.code)


def outcome(occasion: Occasion, minute: int, **answers: int) -> Outcome:
    return Outcome(
        id=UUID(int=minute + 1),
        handoff_id=UUID(int=1),
        referral_id=UUID(int=2),
        instrument="ons4",
        occasion=occasion,
        taken_on=date(2026, 11, 2),
        answers={"satisfied": 5, "worthwhile": 5, "happy": 5, "anxious": 5, **answers},
        visibility=Visibility.OWN,
        at=datetime(2026, 11, 2, 12, minute, tzinfo=UTC),
    )


@EVERY
@given(data=st.data())
def test_every_complete_set_of_answers_has_scores_on_the_scale(
    instrument: Instrument, data: st.DataObject
) -> None:
    answers = {
        item: data.draw(st.integers(low, high)) for item, (low, high) in instrument.items.items()
    }
    instrument.require_complete(answers)
    for score in instrument.scores:
        low, high = instrument.scale(score)
        assert low <= instrument.scored(answers)[score.code] <= high


@EVERY
def test_gaps_strange_items_and_answers_beyond_the_range_are_refused(
    instrument: Instrument,
) -> None:
    good = {item: low for item, (low, _) in instrument.items.items()}
    item, (low, high) = next(iter(instrument.items.items()))
    without = {name: value for name, value in good.items() if name != item}
    for wrong in (without, {**good, item: high + 1}, {**good, item: low - 1}, {**good, "x": 1}):
        with pytest.raises(InvalidError, match="answers-unfit") as refusal:
            instrument.require_complete(wrong)
        assert refusal.value.errors[0].pointer.startswith("/answers")


def test_swemwbs_is_converted_after_it_is_summed() -> None:
    swemwbs = instruments()["swemwbs"]
    (score,) = swemwbs.scores
    assert set(score.table) == set(range(7, 36))
    assert list(score.table.values()) == sorted(score.table.values())
    assert swemwbs.scored(dict.fromkeys(swemwbs.items, 3)) == {"wellbeing": 19.25}


def test_dialog_gives_two_means() -> None:
    dialog = instruments()["dialog"]
    answers = {**dict.fromkeys(dialog.items, 4), "item-9": 7, "item-1": 5}
    assert dialog.scored(answers) == {"quality-of-life": 4.12, "treatment-satisfaction": 5.0}


def test_better_is_less_anxious_and_more_satisfied() -> None:
    taken = [
        outcome(Occasion.BEFORE, 1, anxious=8, satisfied=3),
        outcome(Occasion.AFTER, 2, anxious=3, satisfied=7),
    ]
    found = {change.score: change for change in changes(taken, instruments())}
    assert (found["anxious"].difference, found["anxious"].improved) == (-5, True)
    assert (found["satisfied"].difference, found["satisfied"].improved) == (4, True)
    assert found["happy"].improved is None


def test_the_latest_record_counts_and_half_a_pair_says_nothing() -> None:
    wrong, right = outcome(Occasion.AFTER, 2, happy=0), outcome(Occasion.AFTER, 3, happy=9)
    before = outcome(Occasion.BEFORE, 1)
    found = {
        change.score: change.after for change in changes([right, before, wrong], instruments())
    }
    assert found["happy"] == 9
    assert list(changes([right, outcome(Occasion.REVIEW, 4)], instruments())) == []


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.INFO_REQUESTED, Status.REJECTED])
def test_nothing_is_measured_of_somebody_who_was_not_taken_on(status: Status) -> None:
    with pytest.raises(ConflictError, match="not-taken-on"):
        require_recordable(handoff(status), [Party.RECIPIENT], NOON.date())


def test_outcomes_are_the_recipients_and_not_older_than_the_handoff() -> None:
    begun = handoff(Status.IN_PROGRESS)
    with pytest.raises(ConflictError, match="recipient-records"):
        require_recordable(begun, [Party.SENDER], NOON.date())
    with pytest.raises(InvalidError, match="day-implausible"):
        require_recordable(begun, [Party.RECIPIENT], NOON.date() - timedelta(days=1))
    require_recordable(replace(begun, status=Status.COMPLETED), [Party.RECIPIENT], NOON.date())


CHANGE = Change(instrument="ons4", score="happy", before=3, after=6, better=Better.HIGHER)


def counted(**counts: int) -> Counted:
    return Counted(service_id=UUID(int=1), partner=UUID(int=2), counts=counts, days_to_start=2.5)


@given(st.integers(0, 40), st.integers(0, 40))
def test_no_figure_that_is_told_is_about_fewer_than_five(better: int, worse: int) -> None:
    found = [CHANGE] * better + [replace(CHANGE, after=1)] * worse
    row = told(counted(referred=better, started=worse), found)
    assert all(count is None or count == 0 or count >= FEWEST for count in row.counts.values())
    assert (row.days_to_start is None) is (worse < FEWEST)
    for mean in row.changes:
        assert mean.people >= FEWEST
        if mean.improved is not None:
            assert all(part == 0 or part >= FEWEST for part in (mean.improved, worse))
