"""Nameko as shipped: ``@event_handler``, a SQLAlchemy session as a dependency, one commit per event."""

import eventlet

eventlet.monkey_patch()

from collections.abc import Mapping  # noqa: E402 - everything else comes after the patching
from typing import Any  # noqa: E402

from nameko.events import EventHandler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from sqlalchemy.orm import sessionmaker  # noqa: E402

from benchmarks.contestants.rows import engine, taken  # noqa: E402
from benchmarks.contestants.where import AMQP_URI, DATABASE_URL, PREFETCH  # noqa: E402


class Sessions(DependencyProvider):
    """Gives each worker the means to open a session, as Nameko's documentation shows."""

    def setup(self) -> None:
        """Open the pool."""
        self._factory = sessionmaker(engine(DATABASE_URL, connections=PREFETCH))

    def get_dependency(self, _worker_context: object) -> Any:
        """Return the session factory."""
        return self._factory


class QuorumEventHandler(EventHandler):
    """The stock handler on a quorum queue: it has no option for it."""

    def setup(self) -> None:
        """Declare the queue as the others do theirs."""
        super().setup()
        self.queue.queue_arguments = {"x-queue-type": "quorum"}


class Keeper:
    """Keeps a row per event."""

    name = "keeper"
    sessions = Sessions()

    @QuorumEventHandler.decorator("origin", "handoff-requested")
    def keep(self, document: Mapping[str, Any]) -> None:
        """Insert and commit; Nameko acknowledges afterwards."""
        with self.sessions.begin() as session:
            session.add(taken(document))


def main() -> None:
    """Run until SIGTERM."""
    runner = ServiceRunner({"AMQP_URI": AMQP_URI})
    runner.add_service(Keeper)
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main()
