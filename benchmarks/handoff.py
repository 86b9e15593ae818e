"""Whole handoffs through four services: how many a second, at which cost.

The drain begins with accepted handoffs in the referral service's outbox and ends when for each of them the
directory holds a place, the referral service has offered it, both sides are told, and the audit service has
its five leaves. The two requests before that are HTTP's, measured in `benchmarks.intake`.
"""

import time
from dataclasses import dataclass

from benchmarks import meters
from benchmarks.pipeline import Pipeline
from benchmarks.processes import BenchmarkError
from onward.servers.process import wait_until

LEAVES, NOTICES = 5, 4
"""Per handoff: requested, disclosed, accepted, place held, offered; who is told of which of them."""
ENDS = {"audit": LEAVES, "notification": NOTICES}
"""Rows per handoff that every service at the end of the line keeps."""
OFFERED = "SELECT count(*) FROM handoffs WHERE status = 'offered'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """What a pipeline did with a backlog of handoffs."""

    per_second: float
    cpu: float
    """The services' processor milliseconds per handoff."""
    servers_cpu: float
    """PostgreSQL's and RabbitMQ's."""
    memory: float
    """The services' MB (PSS)."""


def drain(pipeline: Pipeline, handoffs: int) -> Drain:
    """Let *pipeline* carry *handoffs* accepted handoffs to their end."""
    pipeline.free_places()
    pipeline.hold()
    marks = {name: _last_row(pipeline, name) for name in ENDS}
    offered = pipeline.value("referral", OFFERED) + handoffs
    pipeline.make_backlog(handoffs)
    pipeline.stand.settle()
    servers = (pipeline.stand.postgres_pid, pipeline.stand.rabbit_pid)
    own, others = meters.cpu_seconds(pipeline.pids), meters.cpu_seconds(servers)
    begun = time.time()
    pipeline.release()
    _await(pipeline, marks, handoffs)
    spent = meters.cpu_seconds(pipeline.pids) - own
    others_spent = meters.cpu_seconds(servers) - others
    ended = max(_last_commit(pipeline, name, mark) for name, mark in marks.items())
    if pipeline.value("referral", OFFERED) != offered:
        raise BenchmarkError("Not every handoff was offered: not the same work.")
    pipeline.await_quiet()
    return Drain(
        per_second=handoffs / (ended - begun),
        cpu=1000 * spent / handoffs,
        servers_cpu=1000 * others_spent / handoffs,
        memory=meters.memory_mb(pipeline.pids),
    )


def _await(pipeline: Pipeline, marks: dict[str, int], handoffs: int) -> None:
    left = dict(marks)

    def all_there() -> bool:
        time.sleep(0.05)  # a look costs the server a count
        for name, mark in marks.items():
            if name in left and _rows_after(pipeline, name, mark) >= ENDS[name] * handoffs:
                del left[name]
        return not left

    if not wait_until(all_there, within=300):
        raise BenchmarkError(f"Not everything arrived: {', '.join(left)} waited for more.")


def _last_row(pipeline: Pipeline, name: str) -> int:
    table, number = pipeline.ends[name]
    return int(pipeline.value(name, f"SELECT coalesce(max({number}), -1) FROM {table}"))  # noqa: S608 - our own names


def _rows_after(pipeline: Pipeline, name: str, mark: int) -> int:
    table, number = pipeline.ends[name]
    return int(pipeline.value(name, f"SELECT count(*) FROM {table} WHERE {number} > {mark}"))  # noqa: S608


def _last_commit(pipeline: Pipeline, name: str, mark: int) -> float:
    table, number = pipeline.ends[name]
    at = "extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))"
    return float(pipeline.value(name, f"SELECT {at} FROM {table} WHERE {number} > {mark}"))  # noqa: S608
