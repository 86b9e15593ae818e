"""Draw a referral's way between organisations: a lane each, time running down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from onward.web.languages import translated
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import Action, Status
from services.referral.storage.steps import Step
from services.referral.web.wording import DONE, Names, stay

LANE: Final = 132
ROW: Final = 46
LEFT: Final = 66
"""Distance of the first lane from the edge: half the width of its heading."""
TOP: Final = 62
CROSSES: Final = frozenset(
    {
        Action.SEND,
        Action.ASK,
        Action.ANSWER,
        Action.REJECT,
        Action.EXPIRE,
        Action.CANCEL,
        Action.FAIL,
    }
)
"""Moves after which somebody on the other side has to act."""
UNDER_WAY: Final = frozenset({Status.IN_PROGRESS, Status.ON_HOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One organisation."""

    x: int
    lines: tuple[str, ...]
    """Its name, broken to fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One move, and where it went."""

    x: int
    y: int
    to_x: int | None
    """The lane an arrow goes to."""
    text: str
    text_x: int
    text_y: int
    anchor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything the template draws."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    title: str


def draw(handoffs: Sequence[Handoff], steps: Sequence[Step], name: Names) -> Drawing:
    """Return the picture of *steps*; what it shows is also listed in words below it."""
    owners = _lanes(handoffs)
    of = {handoff.id: handoff for handoff in handoffs}
    marks = tuple(_mark(row, step, of[step.handoff_id], owners) for row, step in enumerate(steps))
    return Drawing(
        width=LEFT * 2 + LANE * (len(owners) - 1),
        height=TOP + ROW * max(1, len(steps)),
        lanes=tuple(Lane(x=x, lines=_broken(name(owner))) for owner, x in owners.items()),
        marks=marks,
        title=translated(
            "The way between %(owners)s",
            owners=translated(" and ").join(name(owner) for owner in owners),
        ),
    )


def _lanes(handoffs: Sequence[Handoff]) -> dict[UUID, int]:
    order = dict.fromkeys(
        party for handoff in handoffs for party in (handoff.sender, handoff.recipient)
    )
    return {owner: LEFT + LANE * number for number, owner in enumerate(order)}


def _mark(row: int, step: Step, handoff: Handoff, lanes: dict[UUID, int]) -> Mark:
    actor = step.organisation if step.organisation in lanes else handoff.recipient
    x, y = lanes[actor], TOP + ROW * row + ROW // 2
    other = handoff.recipient if actor == handoff.sender else handoff.sender
    to_x = lanes[other] if step.action in CROSSES and lanes[other] != x else None
    text_x, text_y, anchor = _label(x, y, to_x, last=x == max(lanes.values()))
    return Mark(
        x=x,
        y=y,
        to_x=to_x,
        text=translated(DONE[step.action]),
        text_x=text_x,
        text_y=text_y,
        anchor=anchor,
        at=step.at,
    )


def _label(x: int, y: int, to_x: int | None, *, last: bool) -> tuple[int, int, str]:
    """Put the words above an arrow, else beside the mark where there is room."""
    if to_x is not None:
        return (x + to_x) // 2, y - 8, "middle"
    if last and x > LEFT:
        return x - 14, y + 5, "end"
    return x + 14, y + 5, "start"


def _broken(name: str, longest: int = 17) -> tuple[str, ...]:
    """Break a name into at most three lines."""
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + len(word) < longest:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines[:3])


STAY: Final = 304
"""Width of the picture of a stay."""
_EDGE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How far somebody's stay has come, as a bar from its first day to its last."""

    now_x: int
    review_x: int | None
    is_over: bool
    began: datetime
    review_due: datetime | None
    ends: datetime
    said: str
    """The same in words."""


def draw_stay(handoff: Handoff, now: datetime) -> Stay | None:
    """Return the picture of a stay under way; None where nobody says how long it may be."""
    began, ends, said = handoff.started_at, handoff.due.stay_ends, stay(handoff, now)
    if handoff.status not in UNDER_WAY or began is None or ends is None or said is None:
        return None

    def place(at: datetime) -> int:
        part = (at - began) / (ends - began)
        return round(_EDGE + min(max(part, 0.0), 1.0) * (STAY - 2 * _EDGE))

    review = handoff.due.review_due
    return Stay(
        now_x=place(now),
        review_x=place(review) if review else None,
        is_over=now > ends,
        began=began,
        review_due=review,
        ends=ends,
        said=said,
    )
