"""Lends the four real services as processes on servers of their own, to be killed at will."""

import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from onward.servers import LocalPostgres, LocalRabbit, ServerError
from onward.topology import HEARS
from tests.chaos.journeys import Journey, People
from tests.chaos.promises import Promises
from tests.chaos.record import Count, Entry, Record
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


RECORD = Record()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Know which rehearsals failed; write a campaign down as it goes, so that its end may come early."""
    if report.failed:
        RECORD.failed.add(report.nodeid)
        RECORD.passed.discard(report.nodeid)
    elif report.when == "call" and report.passed:
        RECORD.passed.add(report.nodeid)
    if report.when == "teardown" and SEEDS in os.environ:
        RECORD.write()


@pytest.fixture(scope="session")
def record() -> Record:
    """Lend the record of this campaign."""
    return RECORD


class Note(Protocol):
    """Notes one rehearsal of a fault in the record."""

    def __call__(self, fault: str, /, **counts: Count) -> None:
        """Note that *fault* was injected and what was counted after it."""


@pytest.fixture
def note(request: pytest.FixtureRequest, record: Record) -> Note:
    """Lend what notes this rehearsal; it took as long as the test, and bears its seed."""
    begun = time.monotonic()
    seed: int = request.getfixturevalue("seed") if "seed" in request.fixturenames else 0
    chapter = (request.module.__doc__ or "").splitlines()[0].rstrip(".")

    def add(fault: str, /, **counts: Count) -> None:
        entry = record.entries.setdefault(fault, Entry(chapter))
        entry.add(seed, time.monotonic() - begun, counts)

    return add


@dataclass(slots=True, kw_only=True)
class Stage:
    """The platform, its servers and the people who use it."""

    platform: Platform
    rabbit: LocalRabbit
    postgres: LocalPostgres
    people: People
    promises: Promises
    _before: dict[str, int] = field(default_factory=dict)

    def promises_hold(self) -> dict[str, int]:
        """See every promise kept for all that was ever told here; return what was counted since."""
        now = asdict(self.promises.hold())
        since = {name: count - self._before.get(name, 0) for name, count in now.items()}
        self._before = now
        return since

    def story(self, journey: Journey) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what was told of a handoff, and of its place, in order."""
        steps = self.promises.journey(journey.referral)
        return tuple(steps), tuple(self.promises.places(journey.handoff))

    def journey(self) -> Journey:
        """Begin a handoff."""
        return Journey(self.people)


@pytest.fixture(scope="package")
def stage(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
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
            record.servers["RabbitMQ"] = rabbit.ctl("version").strip()
            record.servers["PostgreSQL"] = postgres_version(postgres.uri)
            people = People.of(platform)
            lent = Stage(
                platform=platform,
                rabbit=rabbit,
                postgres=postgres,
                people=people,
                promises=Promises(platform),
            )
            lent.promises.settle()  # else a service may not have heard yet of those it is asked about
            yield lent
            people.close()
        databases.close()
