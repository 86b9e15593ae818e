"""Lends the four real services as processes on servers of their own, to be killed at will."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from onward.crashpoints import POINTS
from onward.servers import LocalPostgres, LocalRabbit, ServerError
from onward.topology import HEARS
from tests.chaos.journeys import Journey, People
from tests.chaos.promises import Promises
from tests.chaos.record import Record
from tests.support.backends import postgres_version
from tests.support.databases import Databases
from tests.support.fixtures import NO_BROKER
from tests.support.platforms import Platform, distributed
from tests.support.waiting import eventually

SEEDS = "ONWARD_CHAOS_SEEDS"
"""Says how many seeds a campaign plays; what it found is then written down."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play a rehearsal once, or once per seed of a campaign."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(int(os.environ.get(SEEDS, "1"))))


@dataclass(slots=True, kw_only=True)
class Stage:
    """The platform, its servers and the people who use it."""

    platform: Platform
    rabbit: LocalRabbit
    postgres: LocalPostgres
    people: People
    promises: Promises
    record: Record = field(default_factory=Record)

    def promises_hold(self, rehearsal: str, *, handoffs: int, kills: int = 0) -> None:
        """See every promise kept for all that was ever told on this stage, and note it."""
        self.record.add(rehearsal, self.promises.hold(), handoffs=handoffs, kills=kills)

    def story(self, journey: Journey) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what was told of a handoff, and of its place, in order."""
        steps = self.promises.journey(journey.referral)
        return tuple(steps), tuple(self.promises.places(journey.handoff))

    def journey(self) -> Journey:
        """Begin a handoff."""
        return Journey(self.people)


@pytest.fixture(scope="package")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Lend the stage; what one rehearsal leaves there the next one finds."""
    try:
        rabbit, postgres = LocalRabbit(), LocalPostgres()
    except ServerError as error:
        pytest.skip(f"{NO_BROKER} {error}")
    with rabbit, postgres:
        databases = Databases(postgres.uri)
        folder: Path = tmp_path_factory.mktemp("stage")
        with distributed(folder, databases, rabbit.uri) as platform:
            eventually(lambda: all(rabbit.names_on_disk(f"onward.{name}") for name in HEARS))
            people = People.of(platform)
            lent = Stage(
                platform=platform,
                rabbit=rabbit,
                postgres=postgres,
                people=people,
                promises=Promises(platform),
            )
            yield lent
            people.close()
            if SEEDS in os.environ:
                lent.record.write(
                    failed=request.session.testsfailed,
                    points=len(POINTS),
                    rabbit=rabbit.ctl("version").strip(),
                    postgres=postgres_version(postgres.uri),
                )
        databases.close()
