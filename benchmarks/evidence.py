"""Does evidence slow down as the log grows? Fill it with leaves, then append, prove, search and verify.

``python -m benchmarks.evidence --leaves 1000000`` prints it; nothing is written.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial

import psycopg2
import sqlalchemy as sa

from benchmarks import growth, sample
from benchmarks.audit import (
    Figure,
    appending,
    auditor,
    check_file,
    exported,
    lent_service,
    proof_times,
    rated,
)
from benchmarks.spread import percentile
from onward.codec import decode
from onward.service import RunningService
from services.audit.domain.leaf import Entry
from services.audit.domain.reports import REPORTS
from services.audit.handlers import reporting
from services.audit.handlers.appending import hear
from services.audit.storage.entries import Filters

SEARCHES = 40
"""Of each kind, per run."""
SHOWN = 51
"""Leaves that a page of the search asks for."""


def measure(stored: int, leaves: int, runs: int) -> Iterator[Figure]:
    """Measure everything *runs* times on a log of *stored* leaves, appending *leaves* each time."""
    with lent_service() as (running, pids):
        fill(running, stored)
        at = f"at {stored:,} leaves"
        prepare = partial(appending, running, leaves, 500)
        yield rated(f"append, batches of 500, {at}", runs, prepare, pids)
        proofs = [proof_times(running) for _ in range(runs)]
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            values = [percentile(taken, share) for taken in proofs]
            yield Figure(name=f"one inclusion proof, {name}, {at}", unit="ms", values=values)
        searches = [search_times(running) for _ in range(runs)]
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            values = [percentile(taken, share) for taken in searches]
            yield Figure(name=f"one search, {name}, {at}", unit="ms", values=values)
        with exported(running) as (log, key):
            check = partial(check_file, log, key)
            # From its file: every leaf hashed, the tree, each checkpoint's signature and root, no gap.
            yield rated(f"verify a whole log's file, {at}", runs, lambda: check, pids)


def fill(running: RunningService, stored: int) -> None:
    """Let the log hold about *stored* leaves: real ones, and copies of them under ids of their own."""
    with running.database.transaction() as uow:
        hear(uow, [decode(body) for body in sample.events(growth.PATTERN)])
    url = sa.make_url(running.settings.owner_database_url).set(drivername="postgresql")
    database = psycopg2.connect(url.render_as_string(hide_password=False))
    with database, database.cursor() as cursor:
        growth.copy_leaves(cursor, max(1, stored // growth.PATTERN) - 1)
    database.autocommit = True
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    database.close()


def search_times(running: RunningService) -> list[float]:
    """Return how many milliseconds searches take: of every kind, for leaves all over the log."""
    with running.database.transaction() as uow:
        size = uow.store.log.head().size
        places = range(0, size, max(1, size // SEARCHES))
        wanted = [
            filters
            for place in places
            for entry in uow.store.entries.search(Filters(), before=place + 1, limit=1)
            for filters in _filters(entry)
        ]
    taken = []
    for filters in wanted:
        started = time.perf_counter()
        with running.database.transaction(actor=auditor()) as uow:
            uow.store.entries.search(filters, before=None, limit=SHOWN)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _filters(entry: Entry) -> Iterator[Filters]:
    """Return searches that find *entry*, and the report that finds nothing."""
    facts = entry.facts
    yield Filters(referral=facts.referral)
    yield Filters(organisation=facts.organisation)
    yield Filters(principal=facts.who)
    yield Filters(action=facts.action, organisation=facts.organisation)
    yield reporting.narrowed(REPORTS["without-purpose"], Filters())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leaves", type=int, default=1_000_000, help="in the log")
    parser.add_argument("--appended", type=int, default=10_000, help="leaves appended per run")
    parser.add_argument("--runs", type=int, default=3, help="runs, of which the median counts")
    asked = parser.parse_args()
    for figure in measure(asked.leaves, asked.appended, asked.runs):
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
