"""What a person wants to reach: set with them in their words, looked at again, and reached or not."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from statistics import fmean
from typing import Final
from uuid import UUID

from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.conversation import Visibility
from services.referral.domain.outcomes import Better, Change

CLOSEST: Final = 10
"""How close somebody feels to a goal: from 0, not at all, to here, reached."""
MOST: Final = 10
"""Goals of one handoff: more are no plan."""
INSTRUMENT: Final = "goals"
SCORE: Final = "closeness"
"""Under what figures tell how close people came."""


class Progress(StrEnum):
    """How a goal stands when it is looked at again."""

    ON_THE_WAY = "on-the-way"
    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not-achieved"
    NO_LONGER_WANTED = "no-longer-wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One look back at a goal. Never changed: a correction is a new one, and the latest counts."""

    id: UUID
    goal_id: UUID
    reviewed_on: date
    progress: Progress
    closeness: int
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Something that somebody wants to reach with a service, in their own words."""

    id: UUID
    handoff_id: UUID
    referral_id: UUID
    text: str
    closeness: int
    """How close they felt when it was set."""
    set_on: date
    visibility: Visibility
    """Whether the sender may read it, too."""
    at: datetime
    reviews: tuple[Review, ...] = ()
    """The earliest first."""

    @property
    def progress(self) -> Progress | None:
        """How it stands; None until it is looked at again."""
        return self.reviews[-1].progress if self.reviews else None

    @property
    def change(self) -> Change | None:
        """How much closer somebody came; None until it is looked at again, or once it is not wanted."""
        if not self.reviews or self.progress is Progress.NO_LONGER_WANTED:
            return None
        return Change(
            instrument=INSTRUMENT,
            score=SCORE,
            before=self.closeness,
            after=self.reviews[-1].closeness,
            better=Better.HIGHER,
        )


def require_room(goals: Collection[Goal]) -> None:
    """Raise `ConflictError` ``goals-full`` where there are as many as a plan can hold."""
    if len(goals) >= MOST:
        raise ConflictError(
            "goals-full", f"There are {MOST} goals already: review those before you set another."
        )


def require_later(goal: Goal, reviewed_on: date, *, today: date) -> None:
    """Raise `InvalidError` ``day-implausible`` for a look back before the goal was set, or ahead of today."""
    if not goal.set_on <= reviewed_on <= today:
        raise InvalidError(
            "day-implausible",
            "The day lies before the goal was set, or ahead.",
            errors=[FieldError(pointer="/reviewed_on", detail="Check the day.")],
        )


def change_of(goals: Iterable[Goal]) -> Change | None:
    """Return how much closer one person came to their goals on the whole; None where none was reviewed."""
    found = [change for goal in goals if (change := goal.change)]
    if not found:
        return None
    return Change(
        instrument=INSTRUMENT,
        score=SCORE,
        before=round(fmean(one.before for one in found), 2),
        after=round(fmean(one.after for one in found), 2),
        better=Better.HIGHER,
    )


def counts_of(goals: Collection[Goal]) -> dict[str, int]:
    """Return how many goals were set, and how many of them were reached and not."""
    stand = [goal.progress for goal in goals]
    return {
        "goals_set": len(stand),
        "goals_achieved": stand.count(Progress.ACHIEVED),
        "goals_not_achieved": stand.count(Progress.NOT_ACHIEVED),
    }
