"""How somebody is before and after: instruments, answers, scores, and what has changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from statistics import fmean
from uuid import UUID

from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.conversation import Visibility
from services.referral.domain.handoff import Handoff
from services.referral.domain.moves import UNANSWERED, Party, Status
from services.referral.domain.pack import CLOSED


class Occasion(StrEnum):
    """When in the work with a person an instrument was used."""

    BEFORE = "before"
    REVIEW = "review"
    AFTER = "after"


class Scoring(StrEnum):
    """How one number is made of answers."""

    SAME = "same"
    SUM = "sum"
    MEAN = "mean"


class Better(StrEnum):
    """Which way is up."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One number an instrument gives."""

    code: str
    of: tuple[str, ...]
    """The items it is made of."""
    by: Scoring
    better: Better
    table: Mapping[int, float]
    """From the sum to the score where the instrument converts it; empty where it does not."""

    def value(self, answers: Mapping[str, int]) -> float:
        """Return the score of complete *answers*."""
        taken = [answers[item] for item in self.of]
        if self.by is Scoring.MEAN:
            return round(fmean(taken), 2)
        total = sum(taken)
        return self.table[total] if self.table else float(total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A questionnaire as data."""

    code: str
    name: str
    licence: str
    items: Mapping[str, tuple[int, int]]
    """Lowest and highest answer by item."""
    scores: tuple[Score, ...]

    def require_complete(self, answers: Mapping[str, int]) -> None:
        """Raise `InvalidError` ``answers-unfit`` unless every item, and nothing else, is answered in range.

        A questionnaire with gaps has no score: none of these instruments says how to fill one.
        """
        errors = [
            FieldError(pointer=f"/answers/{item}", detail=f"Answer with {low} to {high}.")
            for item, (low, high) in self.items.items()
            if not low <= answers.get(item, low - 1) <= high
        ]
        if set(answers) - set(self.items):
            names = ", ".join(self.items)
            errors.append(FieldError(pointer="/answers", detail=f"Answer only: {names}."))
        if errors:
            raise InvalidError(
                "answers-unfit", f"These are not the answers {self.name} takes.", errors=errors
            )

    def scale(self, score: Score) -> tuple[float, float]:
        """Return the lowest and the highest value of *score*."""
        lowest = {item: low for item, (low, _) in self.items.items()}
        highest = {item: high for item, (_, high) in self.items.items()}
        return score.value(lowest), score.value(highest)

    def scored(self, answers: Mapping[str, int]) -> dict[str, float]:
        """Return the scores of complete *answers*."""
        return {score.code: score.value(answers) for score in self.scores}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One use of an instrument with the person of a handoff. Never changed: a correction is a new one."""

    id: UUID
    handoff_id: UUID
    referral_id: UUID
    instrument: str
    occasion: Occasion
    taken_on: date
    answers: Mapping[str, int]
    visibility: Visibility
    """Whether the sender may read it, too."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one score between before and after."""

    instrument: str
    score: str
    before: float
    after: float
    better: Better

    @property
    def difference(self) -> float:
        """After less before, whichever way is up."""
        return round(self.after - self.before, 2)

    @property
    def improved(self) -> bool | None:
        """Whether it went the right way; None where nothing changed."""
        if not self.difference:
            return None
        return (self.difference > 0) is (self.better is Better.HIGHER)


def require_recordable(handoff: Handoff, parties: Iterable[Party], taken_on: date) -> None:
    """Raise `ConflictError` (``recipient-records``, ``not-taken-on``), `InvalidError` ``day-implausible``."""
    if Party.RECIPIENT not in parties:
        raise ConflictError(
            "recipient-records", "Outcomes are recorded by the service that works with the person."
        )
    if handoff.status in CLOSED | UNANSWERED | {Status.DRAFT} or handoff.requested_at is None:
        raise ConflictError(
            "not-taken-on", "Record outcomes once you have taken the person on: accept first."
        )
    if taken_on < handoff.requested_at.date():
        raise InvalidError(
            "day-implausible",
            "The day lies before the handoff was sent.",
            errors=[FieldError(pointer="/taken_on", detail="Check the day.")],
        )


def changes(
    outcomes: Iterable[Outcome], instruments: Mapping[str, Instrument]
) -> Iterator[Change]:
    """Yield what became of every score that was taken before and after; the latest record of each counts."""
    latest: dict[tuple[str, Occasion], Outcome] = {}
    for outcome in sorted(outcomes, key=lambda one: (one.at, one.id)):
        latest[outcome.instrument, outcome.occasion] = outcome
    for code, instrument in instruments.items():
        before, after = latest.get((code, Occasion.BEFORE)), latest.get((code, Occasion.AFTER))
        if before is None or after is None:
            continue
        for score in instrument.scores:
            yield Change(
                instrument=code,
                score=score.code,
                before=score.value(before.answers),
                after=score.value(after.answers),
                better=score.better,
            )
