"""Everything that can happen, in any order, against a small model."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from onward.clock import ManualClock
from tests.chaos.conftest import Note
from tests.chaos.place_machine import PlaceMachine
from tests.chaos.status_machine import StatusMachine
from tests.chaos.together import Together, together
from tests.support.databases import Databases

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIZES = pytest.mark.parametrize(
    ("examples", "steps"),
    [(10, 20), pytest.param(25, 50, marks=[pytest.mark.chaos, pytest.mark.timeout(900)])],
)
"""The short form, and the campaign's: 20 seeds play 500 examples."""


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[Together]:
    with together(databases, ManualClock(NOON), "directory", "referral") as running:
        yield running


def play(machine: type[RuleBasedStateMachine], *, seed: int, examples: int, steps: int) -> None:
    """Let Hypothesis drive *machine*; the same seed plays the same examples."""
    seeded(seed)(machine)
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=[Phase.generate],  # a failure is told as it was found: shrinking takes minutes here
    )
    run_state_machine_as_test(machine, settings=profile)


@SIZES
def test_the_place_ledger_keeps_its_promises_whatever_happens(
    town: Together, seed: int, examples: int, steps: int, note: Note
) -> None:
    class Places(PlaceMachine):
        pass

    Places.here = town
    play(Places, seed=seed, examples=examples, steps=steps)
    note(
        f"the place ledger, {examples} examples of up to {steps} steps per seed",
        examples=examples,
        steps=Places.steps,
        deliveries=Places.delivered,
    )


@SIZES
def test_no_handoff_leaves_the_rules_whoever_does_what(
    town: Together, seed: int, examples: int, steps: int, note: Note
) -> None:
    class Statuses(StatusMachine):
        pass

    Statuses.here = town
    Statuses.answers = Counter()
    play(Statuses, seed=seed, examples=examples, steps=steps)
    note(
        f"the handoffs' status machine, {examples} examples of up to {steps} steps per seed",
        examples=examples,
        steps=Statuses.steps,
        moved=Statuses.answers[200],
        refused=sum(count for status, count in Statuses.answers.items() if status != 200),
    )
