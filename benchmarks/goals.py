"""What each figure has to be, beside what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks import consume
from benchmarks.plan import Results, Values
from benchmarks.spread import Spread, paired, spread

OURS, ORM, RAW = "Onward", "Nameko + ORM", "raw floor"

Part = Mapping[str, Values]
"""What was measured of each contestant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure, the least or the most it may be, and what we would like it to be."""

    name: str
    value: Spread
    least: float | None = None
    most: float | None = None
    aim: str = ""

    @property
    def floor(self) -> str:
        """Return the limit in words, or nothing where there is none."""
        if self.most is not None:
            return f"{self.most:g} at most"
        return "" if self.least is None else f"{self.least:g}"

    @property
    def held(self) -> bool | None:
        """Tell whether the median keeps to the limit; None where there is none."""
        if self.most is not None:
            return self.value.median <= self.most
        return None if self.least is None else self.value.median >= self.least


def goals(results: Results) -> Iterator[Goal]:
    """Yield the goals of all that was measured."""
    for name, of in {
        "consumers": _consuming,
        "handoffs": _handing_over,
        "pace": _keeping_pace,
        "growth": _growing,
        "matching": _matching,
        "importing": _importing,
        "soon": _telling,
        "streams": _streaming,
        "worklists": _working,
        "audit": _proving,
    }.items():
        if part := results.figures.get(name):
            yield from of(part)


def _consuming(consumers: Part) -> Iterator[Goal]:
    if not (nameko := consumers.get(consume.NAMEKO.name)):
        return
    ours, single = consumers[OURS], consumers[consume.OURS_ONE_BY_ONE.name]
    rate, cpu = "per_second", "cpu"
    batched = paired(ours[rate], nameko[rate])
    yield Goal(name="consume, batched ÷ Nameko as shipped", value=batched, least=6, aim="10")
    cost = paired(ours[cpu], nameko[cpu])
    yield Goal(name="its processor time per event ÷ Nameko's", value=cost, aim="1/12")
    alone = paired(single[rate], nameko[rate])
    yield Goal(name="consume, one by one ÷ Nameko as shipped", value=alone, least=1.4, aim="2")


def _handing_over(handoffs: Part) -> Iterator[Goal]:
    if not (orm := handoffs.get(ORM)):
        return
    ours, floor = handoffs[OURS], handoffs[RAW]
    rate, cpu = "per_second", "cpu"
    times = paired(ours[rate], orm[rate])
    yield Goal(name=f"whole handoffs ÷ {ORM}", value=times, least=5, aim="10")
    share = paired(ours[rate], floor[rate])
    yield Goal(name=f"whole handoffs ÷ {RAW}", value=share, least=0.35, aim="0.6")
    cost = paired(ours[cpu], orm[cpu])
    yield Goal(name=f"services' processor time ÷ {ORM}", value=cost, most=0.25, aim="0.1")


def _keeping_pace(pace: Part) -> Iterator[Goal]:
    tail = paired(pace[OURS]["p99"], pace["raw round"]["p50"])
    yield Goal(name="p99 at 50 handoffs/s ÷ raw round's p50", value=tail, most=10, aim="5")


def _growing(growth: Part) -> Iterator[Goal]:
    (few, many), (small, large) = growth.values(), growth
    pace = paired(many["per_second"], few["per_second"])
    yield Goal(name=f"whole handoffs, {large} ÷ {small}", value=pace, least=0.8, aim="0.95")


def _matching(matching: Part) -> Iterator[Goal]:
    (few, many), (small, large) = matching.values(), matching
    name = f"services for one person among {large}, p50 in ms"
    yield Goal(name=name, value=spread(many["p50"]), most=20)
    dearer = paired(many["p50"], few["p50"])
    yield Goal(name=f"its time, {large} ÷ {small}", value=dearer, most=10)


def _importing(importing: Part) -> Iterator[Goal]:
    for name, values in importing.items():
        if "added" in name:
            taken = spread(values["seconds"])
            yield Goal(name=f"services imported, {name}, in s", value=taken, most=60)


def _telling(soon: Part) -> Iterator[Goal]:
    if ours := soon.get(OURS):
        for what, of, most in (("inbox", "inbox_p50", 25), ("webhook receipt", "webhook_p50", 50)):
            name = f"event to {what} at 50 handoffs/s, p50 in ms"
            yield Goal(name=name, value=spread(ours[of]), most=most)


def _streaming(streams: Part) -> Iterator[Goal]:
    if ours := streams.get(OURS):
        name = f"MiB of a process with {ours['open'][0]:,.0f} live streams"
        yield Goal(name=name, value=spread(ours["mb"]), most=300)


def _proving(audit: Part) -> Iterator[Goal]:
    """Yield what is asked of the grown log; the figures' names say how many leaves it has."""
    rates, times = "leaves/s", "ms"
    for begins, unit, least, most in (
        ("append, batches of 500, at", rates, 5000, None),
        ("verify a whole log's file, at", rates, 300_000, None),
        ("one inclusion proof, p50, at", times, None, 2),
        ("one search, p50, at", times, None, 50),
    ):
        for name, values in audit.items():
            if name.startswith(begins):
                value = spread(values[unit])
                yield Goal(name=f"{name}, {unit}", value=value, least=least, most=most)


def _working(worklists: Part) -> Iterator[Goal]:
    for name, most in (("inbox", 30), ("submit", 15)):
        few, many = (value for key, value in worklists.items() if key.startswith(f"{name}, "))
        stored = [key for key in worklists if key.startswith(f"{name}, ")][-1]
        yield Goal(name=f"{stored}, p50 in ms", value=spread(many["p50"]), most=most)
        dearer = paired(many["p50"], few["p50"])
        yield Goal(name=f"{stored}, ÷ with the open ones alone", value=dearer, most=1.25)
