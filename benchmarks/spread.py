"""Medians with their spread, and ratios of runs that stood side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several repetitions of one measurement."""

    median: float
    least: float
    most: float
    runs: int

    def shown(self, digits: int) -> str:
        """Return ``median (least to most)``."""
        if self.runs == 1:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f} to {self.most:,.{digits}f})"


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of *values*, of which there is at least one."""
    return Spread(median=median(values), least=min(values), most=max(values), runs=len(values))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return how many times *theirs* each of *ours* is, repetition by repetition.

    Whatever slowed the machine in one repetition slowed both sides of its ratio.
    """
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* (0 to 1) of *values* do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]
