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
ENDS = {"audit": ("leaves", LEAVES), "notification": ("notices", NOTICES)}
"""Which tables are complete when a handoff has come to its end, and their rows per handoff."""
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
    wanted = {
        name: pipeline.count(name, table) + each * handoffs for name, (table, each) in ENDS.items()
    }
    offered = pipeline.value("referral", OFFERED) + handoffs
    pipeline.make_backlog(handoffs)
    pipeline.stand.settle()
    servers = (pipeline.stand.postgres_pid, pipeline.stand.rabbit_pid)
    own, others = meters.cpu_seconds(pipeline.pids), meters.cpu_seconds(servers)
    begun = time.time()
    pipeline.release()
    _await(pipeline, wanted)
    spent = meters.cpu_seconds(pipeline.pids) - own
    others_spent = meters.cpu_seconds(servers) - others
    ended = max(_last_commit(pipeline, name) for name in ENDS)
    if pipeline.value("referral", OFFERED) != offered:
        raise BenchmarkError("Not every handoff was offered: not the same work.")
    pipeline.await_quiet()
    return Drain(
        per_second=handoffs / (ended - begun),
        cpu=1000 * spent / handoffs,
        servers_cpu=1000 * others_spent / handoffs,
        memory=meters.memory_mb(pipeline.pids),
    )


def _await(pipeline: Pipeline, wanted: dict[str, int]) -> None:
    left = dict(wanted)

    def all_there() -> bool:
        time.sleep(0.05)  # a look costs the server a count
        for name in [*left]:
            if pipeline.count(name, ENDS[name][0]) < wanted[name]:
                return False
            del left[name]
        return True

    if not wait_until(all_there, within=300):
        raise BenchmarkError(f"Not everything arrived: {left} were expected.")


def _last_commit(pipeline: Pipeline, name: str) -> float:
    query = f"SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) FROM {ENDS[name][0]}"  # noqa: S608
    return float(pipeline.value(name, query))
