"""What is measured, how often and on how much; each repetition runs every contestant once, in turn."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import (
    audit,
    consume,
    evidence,
    flames,
    handoff,
    importing,
    intake,
    matching,
    meters,
    telling,
    worklists,
)
from benchmarks import growth as growing
from benchmarks.floor import Floor
from benchmarks.orm import orm_pipeline
from benchmarks.platform import platform, workshop
from benchmarks.stand import Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of each thing."""

    repetitions: int
    events: int
    """For consumers that take one at a time; those with batches get four times as many."""
    backlog: int
    handoffs: int
    """For ours; the baseline gets a quarter."""
    rounds: int
    """Of the raw floor with single handoffs, per repetition."""
    requests: int
    paced: int
    """Handoffs at a steady pace, in all repetitions together."""
    leaves: int
    stored: int
    """Referrals that a platform that has run for years holds; beside one with a thousand."""
    searches: int
    listed: tuple[int, int]
    """Services in the small and in the large directory that are searched."""
    imported: int
    """Services of a file."""
    streams: int
    """Live streams open at once."""
    burst: int
    """Handoffs let loose at once, of five events each."""


FULL = Sizes(
    repetitions=3,
    events=2000,
    backlog=100_000,
    handoffs=3000,
    rounds=50,
    requests=600,
    paced=2001,
    leaves=10_000,
    stored=1_000_000,
    searches=200,
    listed=(5000, 50_000),
    imported=10_000,
    streams=1000,
    burst=2000,
)
SHORT = Sizes(
    repetitions=2,
    events=800,
    backlog=10_000,
    handoffs=1000,
    rounds=20,
    requests=150,
    paced=200,
    leaves=2000,
    stored=50_000,
    searches=100,
    listed=(1000, 10_000),
    imported=1000,
    streams=200,
    burst=400,
)
Values = dict[str, list[float]]
PARTS: Mapping[str, tuple[str, ...]] = {
    "consumers": ("consumers", "backlog"),
    "handoffs": ("handoffs", "intake", "pace"),
    "audit": ("audit",),
    "growth": ("growth",),
    "matching": ("matching",),
    "importing": ("importing",),
    "telling": ("soon", "streams", "burst"),
    "worklists": ("worklists",),
    "flames": (),
}
"""What each figure keeps its values under."""


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything measured: per contestant and quantity one value for each repetition."""

    facts: dict[str, str]
    short: bool
    figures: dict[str, dict[str, Values]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)
    """When, and at which commit, each figure was measured."""
    stacks: dict[str, flames.Stacks] = field(default_factory=dict)
    """What each service was seen at, and how often; not kept beyond the run."""
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    """Which share of its time each service spends where."""
    load: list[float] = field(default_factory=list)
    """How many processes wanted a core, as each repetition began."""

    def fail(self, figure: str, error: Exception) -> None:
        """Remember that *figure* failed, and leave out what there is of it."""
        self.failures[figure] = f"{type(error).__name__}: {error}"[:300]
        for part in PARTS[figure]:
            self.figures.pop(part, None)

    def resume(self, kept: Mapping[str, Any], figures: Collection[str]) -> None:
        """Take over from an earlier run what it measured, but for *figures*, which are measured anew."""
        if kept["short"] != self.short:
            return
        anew = {part for figure in figures for part in PARTS[figure]}
        self.figures |= {name: of for name, of in kept["figures"].items() if name not in anew}
        for name, of in (("measured", self.measured), ("failures", self.failures)):
            of |= {figure: text for figure, text in kept[name].items() if figure not in figures}
        self.shares, self.load = kept["shares"], kept["load"]

    def add(self, figure: str, contestant: str, values: Mapping[str, float]) -> None:
        """Keep the *values* of one more repetition."""
        kept = self.figures.setdefault(figure, {}).setdefault(contestant, defaultdict(list))
        for name, value in values.items():
            kept[name].append(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a figure needs to be measured."""

    stand: Stand
    sizes: Sizes
    results: Results
    say: Callable[[str], None]

    def keep(self, figure: str, contestant: str, measured: Any) -> None:
        """Keep *measured*, a dataclass of numbers, and say it."""
        values = measured if isinstance(measured, dict) else asdict(measured)
        self.results.add(figure, contestant, values)
        shown = "  ".join(f"{name} {value:,.2f}" for name, value in values.items())
        self.say(f"   {contestant:<24} {shown}")

    def repeat(self, once: Callable[[], None]) -> None:
        """Run *once* per repetition, noting the machine's load."""
        for _ in range(self.sizes.repetitions):
            self.results.load.append(meters.load())
            once()


def consumers(bench: Bench) -> None:
    """Measure consume, insert, commit, acknowledge: every contestant."""
    engine = consume.prepare(bench.stand)

    def once() -> None:
        for contestant in consume.CONTESTANTS:
            events = bench.sizes.events * (4 if contestant.batched else 1)
            run = consume.measure(bench.stand, engine, contestant, events)
            bench.keep("consumers", contestant.name, run)

    bench.repeat(once)
    run = consume.measure(bench.stand, engine, consume.OURS, bench.sizes.backlog)
    bench.keep("backlog", consume.OURS.name, run)
    engine.dispose()


def handoffs(bench: Bench) -> None:
    """Measure whole handoffs: ours, the same on stock Nameko, and the raw floor; then over HTTP."""
    folder = tempfile.TemporaryDirectory()
    with folder as path, workshop(bench.stand) as shop:
        floor = Floor(shop, Path(path), processes=4, batch=100)
        with orm_pipeline(bench.stand) as orm, platform(bench.stand) as ours:
            paced = bench.sizes.paced // bench.sizes.repetitions
            handoff.drain(ours, 200)  # to warm up
            handoff.drain(orm, 50)

            def once() -> None:
                orm.hold()
                bench.keep("handoffs", "Onward", handoff.drain(ours, bench.sizes.handoffs))
                bench.keep("intake", "submit", intake.intake(ours, bench.sizes.requests))
                bench.keep("pace", "Onward", intake.latency(ours, paced))
                ours.hold()
                bench.keep("handoffs", "raw floor", {"per_second": floor.throughput()})
                times = floor.round_times(bench.sizes.rounds)
                bench.keep("pace", "raw round", {"p50": 1000 * sorted(times)[len(times) // 2]})
                orm.release()
                bench.keep(
                    "handoffs", "Nameko + ORM", handoff.drain(orm, bench.sizes.handoffs // 4)
                )
                ours.release()

            bench.repeat(once)


def hot_spots(bench: Bench) -> None:
    """Sample where the services' processor time goes."""
    with platform(bench.stand, prefix="sampled") as sampled:
        handoff.drain(sampled, 200)  # to warm up
        bench.results.stacks = flames.sample(sampled, bench.sizes.handoffs)
        bench.results.shares = flames.shares(bench.results.stacks)


def growth(bench: Bench) -> None:
    """Measure whole handoffs where few referrals are stored, and where many are."""
    elsewhere = bench.stand.virtual_host("grown")
    with (
        platform(bench.stand, prefix="young") as young,
        platform(bench.stand, prefix="grown", amqp_uri=elsewhere) as grown,
    ):
        for each in (young, grown):
            handoff.drain(each, growing.PATTERN)
        young.hold()
        growing.fill(grown, bench.sizes.stored)
        bench.say(f"   filled: {bench.sizes.stored:,}")

        def once() -> None:
            grown.hold()
            young.release()
            few = handoff.drain(young, bench.sizes.handoffs)
            bench.keep("growth", f"{growing.PATTERN:,} stored", few)
            young.hold()
            grown.release()
            many = handoff.drain(grown, bench.sizes.handoffs)
            bench.keep("growth", f"{bench.sizes.stored:,} stored", many)

        bench.repeat(once)
        young.release()


def audited(bench: Bench) -> None:
    """Measure the audit log, small and grown."""
    small = audit.measure(bench.sizes.leaves, bench.sizes.repetitions)
    grown = evidence.measure(bench.sizes.stored, bench.sizes.leaves, bench.sizes.repetitions)
    for figure in chain(small, grown):
        for value in figure.values:
            bench.results.add("audit", figure.name, {figure.unit or "leaves": value})
        bench.say(f"   {figure}")


def searching(bench: Bench) -> None:
    """Measure how long it takes to find the services that suit one person, among few and many."""
    few, many = bench.sizes.listed
    url = bench.stand.admin_url
    with matching.directory(url, few) as small, matching.directory(url, many) as large:

        def once() -> None:
            bench.keep("matching", f"{few:,} services", small.search(bench.sizes.searches))
            bench.keep("matching", f"{many:,} services", large.search(bench.sizes.searches))

        bench.repeat(once)


def working(bench: Bench) -> None:
    """Measure what a full inbox costs, with few referrals stored and with many."""
    stored = bench.sizes.stored
    with worklists.desks(bench.stand.admin_url, stored) as (young, grown):

        def once() -> None:
            for desk, behind in ((young, worklists.OPEN), (grown, stored)):
                for name, taken in desk.run(bench.sizes.searches).items():
                    bench.keep("worklists", f"{name}, {behind:,} stored", taken)

        bench.repeat(once)


def files(bench: Bench) -> None:
    """Measure how long it takes to import a file: new services, the same again, the same changed."""
    with importing.importer(bench.stand.admin_url, bench.sizes.imported) as lent:

        def once() -> None:
            for kind in importing.WRITERS:
                for step, taken in lent.run(kind):
                    bench.keep("importing", f"{bench.sizes.imported:,} {step}, {kind}", taken)

        bench.repeat(once)


def told(bench: Bench) -> None:
    """Measure how soon people and systems are told, how many can listen, and what a burst does."""
    with (
        telling.outside() as receivers,
        platform(bench.stand, prefix="telling", more=receivers.environment()) as ours,
    ):
        handoff.drain(ours, 200)  # to warm up
        paced = bench.sizes.paced // bench.sizes.repetitions
        telling.pace(ours, receivers, paced // 3)  # who sends to systems has to warm up as well

        def once() -> None:
            bench.keep("soon", "Onward", telling.pace(ours, receivers, paced))

        bench.repeat(once)
        bench.keep("streams", "Onward", telling.streams(ours, bench.sizes.streams))
        for way, drained in telling.burst(ours, receivers, bench.sizes.burst).items():
            bench.keep("burst", way, drained)


FIGURES: Mapping[str, Callable[[Bench], None]] = {
    "consumers": consumers,
    "handoffs": handoffs,
    "audit": audited,
    "flames": hot_spots,
    "matching": searching,
    "importing": files,
    "telling": told,
    "worklists": working,
    "growth": growth,
}
