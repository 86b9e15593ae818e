"""Dramatiq (2 processes of 8 threads, its default threads) with the SQLAlchemy ORM, on a quorum queue."""

import sys
from collections.abc import Mapping
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.cli import main as run_workers
from dramatiq.cli import make_argument_parser
from sqlalchemy.orm import sessionmaker

from benchmarks.contestants.rows import engine, taken
from benchmarks.contestants.where import AMQP_URI, DATABASE_URL

THREADS = 8


class QuorumBroker(RabbitmqBroker):
    """The stock broker with quorum queues: it has no option for them."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        arguments: dict[str, Any] = super()._build_queue_arguments(queue_name)
        return arguments | {"x-queue-type": "quorum"}


dramatiq.set_broker(QuorumBroker(url=AMQP_URI))
sessions = sessionmaker(engine(DATABASE_URL, connections=THREADS))


@dramatiq.actor(queue_name="dramatiq")
def keep(document: Mapping[str, Any]) -> None:
    """Insert and commit; Dramatiq acknowledges afterwards."""
    with sessions.begin() as session:
        session.add(taken(document))


if __name__ == "__main__":
    arguments = ["--processes=2", f"--threads={THREADS}", "benchmarks.contestants.dramatiq_orm"]
    sys.exit(run_workers(make_argument_parser().parse_args(arguments)))
