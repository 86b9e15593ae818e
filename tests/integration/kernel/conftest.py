"""What the kernel's tests share: the sample service on a database and a clock of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from onward.clock import ManualClock
from onward.codec import encode
from onward.envelope import Envelope
from onward.inbox import Arrival, Handler
from onward.service import RunningService
from onward.settings import read_settings
from tests.support.events import NOON
from tests.support.fixtures import LendDatabase
from tests.support.processes import SAMPLE, Process, environment
from tests.support.sample import Effect, record, sample

NO_BROKER = "amqp://127.0.0.1:1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


class Lent:
    """The sample service in this process."""

    def __init__(self, running: RunningService) -> None:
        self.running = running
        self.database = running.database
        self.inbox = running.inbox

    def arrive(self, *envelopes: Envelope | bytes, deliveries: int = 0) -> None:
        """Let a batch arrive."""
        bodies = [each if isinstance(each, bytes) else encode(each) for each in envelopes]
        self.inbox.receive([Arrival(body, deliveries) for body in bodies])

    def effects(self) -> list[Effect]:
        """Return what was handled, in order."""
        with self.database.transaction() as uow:
            effects: list[Effect] = uow.store.all()
            return effects

    def sequences(self) -> list[int]:
        """Return the numbers of what was handled, in order."""
        return [effect.sequence for effect in self.effects()]


LendSample = Callable[..., Lent]


@pytest.fixture
def lend(service_database: LendDatabase, clock: ManualClock) -> Iterator[LendSample]:
    """Lend the sample service, under the name and with the handler that a test wants."""
    with ExitStack() as stack:

        def make(name: str = "referral", handle: Handler = record) -> Lent:  # type: ignore[type-arg]
            service = sample(name, handle)
            environ = environment(name, service_database(service), NO_BROKER)
            running = RunningService(
                service=service, settings=read_settings(name, environ), clock=clock
            )
            stack.callback(running.close)
            return Lent(running)

        yield make


@pytest.fixture
def hearing(lend: LendSample) -> Lent:
    """Lend the sample service as ``referral``, which hears the directory."""
    return lend()


LendProcess = Callable[..., Process]


@pytest.fixture
def process(service_database: LendDatabase, tmp_path: Path) -> Iterator[LendProcess]:
    """Lend the sample service as a process that is not started yet."""
    with ExitStack() as stack:

        def make(name: str, amqp_uri: str, environ: dict[str, str] | None = None) -> Process:
            environ = environ or environment(name, service_database(sample(name)), amqp_uri)
            number = len(list(tmp_path.glob("*.log")))
            made = Process(
                arguments=[*SAMPLE, name], environ=environ, log=tmp_path / f"{name}-{number}.log"
            )
            made.log.touch()
            stack.callback(made.close)
            return made

        yield make
