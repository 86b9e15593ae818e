"""Lay out how the log grew: its size over time, and what each witness saw last. Numbers only, no markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from onward.web.pages import LONDON
from services.audit.domain.checkpoint import Checkpoint
from services.audit.storage.witnesses import Sight

WIDTH: Final = 720
HEIGHT: Final = 260
LEFT: Final = 8
RIGHT: Final = 96
TOP: Final = 24
BOTTOM: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a witness's newest countersignature stands on the line."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The whole drawing."""

    line: str
    """Points of the line, ``x,y`` each, as SVG takes them."""
    area: str
    seen: Sequence[Seen]
    first: str
    last: str
    """The days it begins and ends on."""
    largest: int
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT


def draw_growth(checkpoints: Sequence[Checkpoint], sights: Sequence[Sight]) -> Growth | None:
    """Return the drawing, None while there are not two moments to draw a line between."""
    if len(checkpoints) < 2 or checkpoints[0].signed_at >= checkpoints[-1].signed_at:  # noqa: PLR2004
        return None
    scale = _Scale(checkpoints[0].signed_at, checkpoints[-1].signed_at, checkpoints[-1].size)
    points = [scale.point(each.signed_at, each.size) for each in checkpoints]
    line = " ".join(f"{x},{y}" for x, y in points)
    floor = HEIGHT - BOTTOM
    at = {each.size: each.signed_at for each in checkpoints}
    seen = [(sight.witness.name, sight.newest) for sight in sights]
    marks = [
        (name, scale.point(at.get(newest.size, newest.witnessed_at), newest.size))
        for name, newest in seen
        if newest
    ]
    return Growth(
        line=line,
        area=f"{points[0][0]},{floor} {line} {points[-1][0]},{floor}",
        seen=[Seen(x=x, y=y, name=name) for name, (x, y) in marks],
        first=_day(checkpoints[0].signed_at),
        last=_day(checkpoints[-1].signed_at),
        largest=checkpoints[-1].size,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime
    largest: int

    def point(self, at: datetime, size: int) -> tuple[float, float]:
        share = (at - self.start) / (self.end - self.start)
        across = min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT)
        up = size / max(1, self.largest) * (HEIGHT - TOP - BOTTOM)
        return round(LEFT + across, 1), round(HEIGHT - BOTTOM - up, 1)


def _day(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%b %Y}"
