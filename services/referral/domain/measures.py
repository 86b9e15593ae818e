"""The figures partners report: how many were referred, what became of them, and what changed for them.

A count below five could point at somebody, so it is not told, and neither is a mean over fewer than five.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Final
from uuid import UUID

from services.referral.domain.outcomes import Change

FEWEST: Final = 5
"""Counts from 1 to one less are not told."""
COUNTS: Final = (
    "referred",
    "accepted",
    "declined_by_service",
    "declined_by_person",
    "started",
    "completed",
    "failed",
    "open",
    "sessions",
    "goals_set",
    "goals_achieved",
    "goals_not_achieved",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one service did for one partner, as counted; may point at people."""

    service_id: UUID
    partner: UUID
    counts: Mapping[str, int]
    """By the names in `COUNTS`."""
    days_to_start: float | None
    """Median from request to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanChange:
    """What changed in one score, over everybody it was taken from before and after."""

    instrument: str
    score: str
    people: int
    before: float
    after: float
    improved: int | None
    """How many went the right way; None where that, or the rest, is too few to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one service did for one partner, as it may be told."""

    service_id: UUID
    partner: UUID
    counts: Mapping[str, int | None]
    """None: from 1 to 4."""
    days_to_start: float | None
    changes: tuple[MeanChange, ...]


def told(counted: Counted, changes: Iterable[Change]) -> Row:
    """Return what may be told of *counted* and of its people's *changes*."""
    counts = {name: _told(counted.counts.get(name, 0)) for name in COUNTS}
    return Row(
        service_id=counted.service_id,
        partner=counted.partner,
        counts=counts,
        days_to_start=counted.days_to_start if _enough(counted.counts.get("started", 0)) else None,
        changes=tuple(_means(changes)),
    )


def _means(changes: Iterable[Change]) -> Iterable[MeanChange]:
    by_score: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        by_score[change.instrument, change.score].append(change)
    for (instrument, score), alike in sorted(by_score.items()):
        if not _enough(len(alike)):
            continue
        better = sum(change.improved is True for change in alike)
        rest = len(alike) - better
        tellable = all(not number or _enough(number) for number in (better, rest))
        yield MeanChange(
            instrument=instrument,
            score=score,
            people=len(alike),
            before=round(fmean(change.before for change in alike), 2),
            after=round(fmean(change.after for change in alike), 2),
            improved=better if tellable else None,
        )


def _enough(number: int) -> bool:
    return number >= FEWEST


def _told(number: int) -> int | None:
    return number if number == 0 or _enough(number) else None
