"""Four services that carry handoffs, ours or a baseline's: held still, let go, and looked into."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from benchmarks.processes import BenchmarkError, Program
from benchmarks.stand import Stand
from onward.scope import act_as_platform
from onward.servers.process import wait_until

NAMES = ("directory", "referral", "notification", "audit")
SERVICES = 1000
PLACES = 10
"""Per service."""
WARD, HOUSE = UUID(int=1), UUID(int=2)
"""Who hands over, and who takes on."""
SERVICE_IDS = [UUID(int=1000 + number) for number in range(SERVICES)]
QUIET_SECONDS = 300.0


def service_for(number: int) -> UUID:
    """Return the service that handoff *number* goes to: each in turn."""
    return SERVICE_IDS[number % SERVICES]


class Pipeline(ABC):
    """Four programs and their databases."""

    def __init__(
        self, stand: Stand, programs: Mapping[str, Program], engines: Mapping[str, sa.Engine]
    ) -> None:
        """Drive *programs*, whose databases *engines* reach."""
        self.stand = stand
        self.programs = programs
        self.engines = engines

    @abstractmethod
    def make_backlog(self, handoffs: int) -> None:
        """Put *handoffs* accepted handoffs into the referral service's outbox."""

    @abstractmethod
    def free_places(self) -> None:
        """Make room for everybody in the backlog to come."""

    @abstractmethod
    def is_quiet(self) -> bool:
        """Tell whether nothing is on its way any more."""

    ends: Mapping[str, tuple[str, str]] = {
        "audit": ("leaves", "number"),
        "notification": ("notices", "position"),
    }
    """Which tables are complete when a handoff has come to its end, and what numbers their rows."""

    @property
    def pids(self) -> list[int]:
        """The services' processes."""
        return [program.pid for program in self.programs.values()]

    def hold(self) -> None:
        """Stop every service where it is."""
        for program in self.programs.values():
            program.hold()

    def release(self) -> None:
        """Let every service go on."""
        for program in self.programs.values():
            program.release()

    def await_quiet(self) -> None:
        """Wait until nothing is on its way any more."""
        if not wait_until(self.is_quiet, within=QUIET_SECONDS):
            raise BenchmarkError("The services did not come to rest.")

    def count(self, name: str, table: str) -> int:
        """Return how many rows *table* of service *name* has."""
        return int(self.value(name, f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names

    def value(self, name: str, query: str) -> Any:
        """Return the one value that *query* finds in the database of service *name*."""
        with self.engines[name].connect() as connection:
            act_as_platform(connection)
            return connection.execute(sa.text(query)).scalar_one()
