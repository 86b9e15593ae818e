"""Celery's prefork pool with the SQLAlchemy ORM: acknowledged late, on a quorum queue."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from celery import Celery
from kombu.entity import Queue
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.contestants.rows import engine, taken
from benchmarks.contestants.where import AMQP_URI, DATABASE_URL, PREFETCH

PROCESSES = 2
"""One per core."""

app = Celery("keeper", broker=AMQP_URI)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue="celery-keeper",
    task_queues=[Queue("celery-keeper", queue_arguments={"x-queue-type": "quorum"})],
    worker_prefetch_multiplier=PREFETCH // PROCESSES,
    worker_hijack_root_logger=False,
)


@cache
def sessions() -> sessionmaker[Session]:
    """Return this process's session factory; made after the fork."""
    return sessionmaker(engine(DATABASE_URL, connections=1))


@app.task(name="keep")
def keep(document: Mapping[str, Any]) -> None:
    """Insert and commit; Celery acknowledges afterwards."""
    with sessions().begin() as session:
        session.add(taken(document))


if __name__ == "__main__":
    app.worker_main(
        [
            *("worker", f"--concurrency={PROCESSES}", "--loglevel=ERROR"),
            *("--without-gossip", "--without-mingle", "--pool=prefork"),
        ]
    )
