"""The embedded platform is killed in the middle of handoffs, or stopped there; nothing is lost."""

import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from onward.topology import HEARS
from tests.chaos.conftest import Note
from tests.chaos.journeys import PLACES, STEPS, Journey, People, patiently
from tests.chaos.promises import Promises
from tests.support.platforms import Platform, embedded

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder: Path = tmp_path_factory.mktemp("embedded")
    with embedded(folder) as here:
        yield here


def ready(platform: Platform) -> bool | None:
    with platform.origin.client() as http:
        answers = [http.get(f"/{name}/readyz").is_success for name in HEARS]
    return all(answers) or None


@pytest.mark.parametrize(
    ("how", "name"), [(signal.SIGKILL, "killed"), (signal.SIGTERM, "asked to stop")]
)
def test_the_platform_ends_after_each_step_and_the_handoff_ends_well_once(
    platform: Platform, how: signal.Signals, name: str, note: Note
) -> None:
    (process,) = platform.processes.values()
    people = People.of(platform)
    journey = Journey(people)
    ends: list[float] = []
    for step in (journey.refer, journey.accept, journey.await_offer, journey.start):
        step()
        code, seconds = process.stop(how)
        ends.append(seconds)
        assert code == (0 if how == signal.SIGTERM else -how)
        process.start()
        patiently(lambda: ready(platform), "the platform is back")
    journey.complete()
    people.close()
    promises = Promises(platform)
    counted = promises.hold()
    assert promises.journey(journey.referral) == list(STEPS)
    assert promises.places(journey.handoff) == list(PLACES)
    note(
        f"the embedded platform {name} after each step of a handoff",
        ends=len(ends),
        most_seconds_to_end=max(ends),
        **asdict(counted),
    )
