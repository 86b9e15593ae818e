"""What evidence costs: leaves appended, checked and proved per second, on a durable PostgreSQL.

``python -m benchmarks.audit`` prints medians of repeated runs with their spread; nothing is written.
"""

import argparse
import gc
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks import meters, sample
from benchmarks.spread import percentile, spread
from onward import migrate
from onward.clock import SystemClock
from onward.codec import decode
from onward.envelope import Envelope
from onward.identity import Actor, Role
from onward.servers import PrivatePostgres, ServerError, create_service_database
from onward.servers.postgres import installed_binaries
from onward.servers.process import free_port
from onward.service import RunningService
from onward.settings import read_settings
from onward_verifier.bundles import verify
from onward_verifier.files import verify_log_file
from onward_verifier.notes import Key
from services.audit.app import SERVICE
from services.audit.domain.leaf import leaf_of
from services.audit.domain.tree import Edge, grow, leaf_hash
from services.audit.handlers import exporting, handing_over, proving, sealing
from services.audit.handlers.appending import append, hear
from services.audit.handlers.notary import notary_of

BATCHES = (1, 100, 500)
PROOFS = 300
REFERRAL_LEAVES = 1000

Work = Callable[[], int]
Prepare = Callable[[], Work]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured thing."""

    name: str
    unit: str
    values: Sequence[float]
    per_core: Sequence[float] = ()
    """The same per second of processor time, PostgreSQL's included: what a busy machine distorts less."""

    def __str__(self) -> str:
        """Return it as a line."""
        shown = spread(self.values).shown(2 if self.unit == "ms" else 0)
        line = f"{self.name:<46}{shown:>34} {self.unit}"
        if not self.per_core:
            return line
        return f"{line}; per core {spread(self.per_core).shown(0)}"


def measure(leaves: int, runs: int) -> Iterator[Figure]:
    """Measure everything *runs* times on logs that grow by *leaves* each time."""
    with lent_service() as (running, pids):
        for size in BATCHES:
            count = leaves if size > 1 else leaves // 20
            prepare = partial(appending, running, count, size)
            yield rated(f"append, batches of {size}", runs, prepare, pids)
        yield rated("hash a log anew, in memory", runs, partial(_rehashing, leaves), pids)
        check = partial(_check, running)
        yield rated("check the log against its checkpoints", runs, lambda: check, pids)
        proofs = [percentile(proof_times(running), 0.5) for _ in range(runs)]
        yield Figure(name="one inclusion proof, p50", unit="ms", values=proofs)
        check = partial(_verify, *_bundle(running))
        yield rated(f"verify a bundle of {REFERRAL_LEAVES:,} leaves", runs, lambda: check, pids)
        with exported(running) as (log, key):
            check = partial(check_file, log, key)
            yield rated("verify a whole log", runs, lambda: check, pids)
        yield Figure(name="leaves in the log at the end", unit="", values=[_size(running)])


def rated(name: str, runs: int, prepare: Prepare, pids: Sequence[int]) -> Figure:
    """Measure some runs of what *prepare* returns; it tells how many leaves it dealt with."""
    prepare()()  # warm up
    values, per_core = [], []
    for _ in range(runs):
        work = prepare()
        cpu, started = meters.cpu_seconds(pids), time.perf_counter()
        leaves = work()
        values.append(leaves / (time.perf_counter() - started))
        per_core.append(leaves / max(0.01, meters.cpu_seconds(pids) - cpu))
    return Figure(name=name, unit="leaves/s", values=values, per_core=per_core)


def appending(running: RunningService, count: int, size: int) -> Work:
    """Return what hears *count* events, *size* at a time."""
    told = [decode(body) for body in sample.events(count)]
    gc.collect()
    gc.freeze()  # as a service does once it has started

    def append_all() -> int:
        for at in range(0, count, size):
            with running.database.transaction() as uow:
                hear(uow, told[at : at + size])
        return count

    return append_all


def _rehashing(count: int) -> Work:
    now = datetime.now(UTC)
    bodies = [leaf_of(decode(body), recorded=now).body for body in sample.events(count)] * 10
    return lambda: grow(Edge(), [leaf_hash(body) for body in bodies]).edge.size


def _check(running: RunningService) -> int:
    """Check the whole log once, in the service's own steps."""
    key = notary_of(running).key
    with running.database.transaction() as uow:
        sealing.seal(uow, notary_of(running))
    while True:
        with running.database.transaction() as uow:
            progress = sealing.check_itself(uow, key)
        if progress is None or progress.finding:
            raise ServerError("The log that was measured is not sound.")
        if progress.edge.size == 0 and progress.finished_size:
            return progress.finished_size


def proof_times(running: RunningService) -> list[float]:
    """Return how many milliseconds single proofs take, of leaves all over the log."""
    taken = []
    with running.database.transaction() as uow:
        size = uow.store.log.head().size
        for number in range(0, size, max(1, size // PROOFS)):
            started = time.perf_counter()
            proving.prove_inclusion(uow.store, number, size)
            taken.append((time.perf_counter() - started) * 1000)
    return taken


def _bundle(running: RunningService) -> tuple[bytes, Key]:
    referral = uuid4()
    with running.database.transaction(actor=auditor()) as uow:
        append(uow, [_about(referral, number) for number in range(1, REFERRAL_LEAVES + 1)])
    with running.database.transaction(actor=auditor()) as uow:
        made = exporting.export_trail(uow, referral, notary_of(running))
    return made.content, Key.parse(str(notary_of(running).key))


def _about(referral: UUID, number: int) -> Envelope:
    (body,) = sample.events(1)
    envelope = decode(body)
    event = replace(envelope.event, referral_id=referral)  # type: ignore[type-var]
    return replace(envelope, event=event, sequence=number)


def _verify(raw: bytes, key: Key) -> int:
    return verify(raw, key).leaves


@contextmanager
def exported(running: RunningService) -> Iterator[tuple[Path, Key]]:
    """Lend the whole log in a file, with its key."""
    with running.database.transaction(actor=auditor()) as uow:
        opening = handing_over.open_log(uow, notary_of(running))
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.writelines(opening.lines)
        file.writelines(handing_over.leaf_lines(running.database, opening.checkpoint.size))
        file.flush()
        yield Path(file.name), Key.parse(str(notary_of(running).key))


def check_file(path: Path, key: Key) -> int:
    """Verify a whole log with every processor; return how many leaves it has."""
    return verify_log_file(path, key, jobs=os.cpu_count() or 1).size


def _size(running: RunningService) -> int:
    with running.database.transaction() as uow:
        return int(uow.store.log.head().size)


def auditor() -> Actor:
    """Return who asks."""
    return Actor(principal="system:benchmark", organisation=None, role=Role.AUDITOR)


@contextmanager
def lent_service() -> Iterator[tuple[RunningService, list[int]]]:
    """Lend the audit service on a PostgreSQL whose commits reach the disk, and what to meter."""
    binaries = installed_binaries()
    if binaries is None:
        raise ServerError("PostgreSQL is not installed here: install the package postgresql.")
    folder = Path(tempfile.gettempdir()) / f"onward-bench-{secrets.token_hex(4)}"
    try:
        with PrivatePostgres(binaries=binaries, data=folder, port=free_port()) as postgres:
            database = create_service_database(postgres.uri, "audit")
            migrate.upgrade(SERVICE, database.owner_url)
            settings = read_settings(
                "audit",
                {
                    "ONWARD_AUDIT_DATABASE_URL": database.app_url,
                    "ONWARD_AUDIT_OWNER_DATABASE_URL": database.owner_url,
                    "ONWARD_AMQP_URI": "amqp://127.0.0.1:1",
                    "ONWARD_SECRET_KEY": secrets.token_hex(),
                    "ONWARD_SIGNING_KEY": secrets.token_hex(),
                },
            )
            running = RunningService(service=SERVICE, settings=settings, clock=SystemClock())
            yield running, [os.getpid(), postgres.pid or os.getpid()]
            running.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leaves", type=int, default=10_000, help="leaves per run")
    parser.add_argument("--runs", type=int, default=5, help="runs, of which the median counts")
    asked = parser.parse_args()
    for figure in measure(asked.leaves, asked.runs):
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
