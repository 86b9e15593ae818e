"""Lay a trail out as a drawn sequence: organisations as lanes, time downwards. Numbers only, no markup."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final
from uuid import UUID

from onward.ids import reference
from onward.plurals import counted
from onward.web.pages import LONDON, clock_time
from services.audit.domain.trail import PAUSE, Kind, Step, Trail
from services.audit.domain.wording import span

LEFT: Final = 92
"""Width of the column of times."""
LANE: Final = 216
TOP: Final = 74
ROW: Final = 42
RIGHT: Final = 196
"""Room for what is written beside the last lane."""
LABEL: Final = 31
"""Characters that fit between two lanes."""
NAME: Final = 24
PLATFORM: Final = "Onward itself"

_SHAPES: Final[Mapping[Kind, str]] = {
    Kind.READ: "read",
    Kind.TOLD: "told",
    Kind.REFUSED: "refused",
    Kind.PLACE: "place",
    Kind.DEADLINE: "deadline",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One organisation's line."""

    x: int
    lines: Sequence[str]
    """Its name, on as many lines as it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One step, or several alike, in its place."""

    y: int
    shape: str
    """``arrow``, ``dot``, ``read``, ``told``, ``place``, ``deadline`` or ``refused``."""
    x: int
    to_x: int | None
    label: str
    late: str | None
    time: str
    day: str | None
    """Where another day begins."""
    numbers: Sequence[int]
    """The leaves it stands for."""

    @property
    def label_x(self) -> int:
        """Where the label stands: in the middle of an arrow, else beside the mark."""
        return (self.x + self.to_x) // 2 if self.to_x else self.x + 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which nothing moved, or in which something is missing."""

    y: int
    label: str
    missing: bool


@dataclass(slots=True, kw_only=True)
class Drawing:
    """A whole drawing."""

    width: int
    height: int = TOP
    lanes: Sequence[Lane]
    marks: list[Mark] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def draw(trail: Trail, names: Mapping[UUID, str]) -> Drawing:
    """Return the drawing of *trail*."""
    lanes = _lanes(trail)
    made = Drawing(
        width=LEFT + LANE * len(lanes) - LANE // 2 + RIGHT,
        lanes=[Lane(x=x, lines=_wrapped(_name(id_, names))) for id_, x in lanes.items()],
    )
    before: Step | None = None
    for steps in _alike(trail.steps):
        _mark_gaps(made, steps[0], before)
        made.marks.append(_mark(made.height, steps, lanes, day=_new_day(steps[0], before)))
        made.height += ROW
        before = steps[-1]
    made.height += ROW // 2
    return made


def _lanes(trail: Trail) -> dict[UUID | None, int]:
    """Return each organisation's place from left to right; the platform comes last if it is in it."""
    whose: list[UUID | None] = [*trail.parties]
    if any(step.party is None for step in trail.steps):
        whose.append(None)
    return {id_: LEFT + LANE // 2 + LANE * place for place, id_ in enumerate(whose)}


def _alike(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Take reads and notices of the same kind that follow on each other together."""

    def sort(step: Step) -> tuple[object, ...]:
        if step.meaning.kind not in {Kind.READ, Kind.TOLD} or step.missing:
            return (step.number,)
        return (step.party, step.facts.who, step.said, step.facts.occurred.date())

    for _, alike in groupby(steps, key=sort):
        yield list(alike)


def _mark_gaps(made: Drawing, step: Step, before: Step | None) -> None:
    if before and (passed := step.facts.occurred - before.facts.occurred) >= PAUSE:
        _add_gap(made, f"{span(passed)} later", missing=False)
    if step.missing:
        steps = counted(step.missing, "step")
        _add_gap(made, f"{steps} missing here", missing=True)


def _add_gap(made: Drawing, label: str, *, missing: bool) -> None:
    made.gaps.append(Gap(y=made.height, label=label, missing=missing))
    made.height += ROW


def _mark(
    y: int, steps: Sequence[Step], lanes: Mapping[UUID | None, int], *, day: date | None
) -> Mark:
    step = steps[0]
    to_x = lanes.get(step.to) if step.to and step.to != step.party else None
    label = step.said if len(steps) == 1 else f"{step.said}, {len(steps)} times"
    return Mark(
        y=y,
        shape="arrow" if to_x else _SHAPES.get(step.meaning.kind, "dot"),
        x=lanes[step.party],
        to_x=to_x,
        label=label if len(label) <= LABEL else f"{label[: LABEL - 1]}…",
        late=f"{span(step.late)} late" if step.late else None,
        time=clock_time(step.facts.occurred),
        day=f"{day.day} {day:%b %Y}" if day else None,
        numbers=[each.number for each in steps],
    )


def _new_day(step: Step, before: Step | None) -> date | None:
    """Return the day of *step* in London where another begins with it."""
    day = step.facts.occurred.astimezone(LONDON).date()
    if before and before.facts.occurred.astimezone(LONDON).date() == day:
        return None
    return day


def _name(id_: UUID | None, names: Mapping[UUID, str]) -> str:
    if id_ is None:
        return PLATFORM
    return names.get(id_) or f"Organisation {reference(id_)}"


def _wrapped(name: str) -> list[str]:
    """Return a name on two lines at most."""
    if len(name) <= NAME:
        return [name]
    at = name.rfind(" ", 0, NAME + 1)
    first, rest = (name[:at], name[at + 1 :]) if at > 0 else (name[:NAME], name[NAME:])
    return [first, rest if len(rest) <= NAME else f"{rest[: NAME - 1]}…"]
