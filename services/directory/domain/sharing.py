"""Who may share what with whom: the agreements between every two organisations, what they lack, what ends."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.directory.domain.agreements import Agreement

SOON: Final = timedelta(days=30)
"""An agreement that ends within this is told as ending soon."""
Pair = tuple[UUID, UUID]
"""Who shares, and with whom."""


class Standing(StrEnum):
    """How it stands between one organisation and another, one way."""

    NOTHING = "nothing"
    PLANNED = "planned"
    """Only agreements that have yet to begin."""
    GAPS = "gaps"
    """Something that the other's services ask for is not covered."""
    ENDING = "ending"
    """Something that is covered now will not be in 30 days."""
    HOLDS = "holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What one organisation may share with another."""

    pair: Pair
    standing: Standing
    agreements: tuple[Agreement, ...] = ()
    """Those that hold, or are to."""
    covered: tuple[str, ...] = ()
    """Sections of the handoff pack that may be shared today."""
    missing: tuple[str, ...] = ()
    """Sections that the other's services ask for and that may not be shared today."""
    ends_on: date | None = None
    """The day on which the first of what is covered ends, where that is soon."""


def matrix(
    organisations: Sequence[UUID],
    agreements: Iterable[Agreement],
    asked: Mapping[UUID, Collection[str]],
    *,
    today: date,
) -> dict[Pair, Between]:
    """Return how it stands between every two of *organisations*.

    *asked* says which sections the services of an organisation ask for.
    """
    by_pair: dict[Pair, list[Agreement]] = {}
    for one in agreements:
        by_pair.setdefault((one.from_organisation, one.to_organisation), []).append(one)
    return {
        (giver, taker): between(
            (giver, taker), by_pair.get((giver, taker), ()), asked.get(taker, ()), today=today
        )
        for giver in organisations
        for taker in organisations
        if giver != taker
    }


def between(
    pair: Pair, agreements: Sequence[Agreement], asked: Collection[str], *, today: date
) -> Between:
    """Return how it stands between two, who have *agreements* and of whom one asks for *asked*."""
    standing = [one for one in agreements if one.valid_until is None or one.valid_until >= today]
    covered = _covered(standing, today)
    ending = covered - _covered(standing, today + SOON)
    missing = set(asked) - covered
    return Between(
        pair=pair,
        standing=_standing(standing, covered, missing, ending),
        agreements=tuple(standing),
        covered=tuple(sorted(covered)),
        missing=tuple(sorted(missing)) if standing else (),
        ends_on=min(
            (
                one.valid_until
                for one in standing
                if one.valid_until and one.holds_on(today) and ending & set(one.sections)
            ),
            default=None,
        ),
    )


def _covered(agreements: Iterable[Agreement], on: date) -> set[str]:
    return {section for one in agreements if one.holds_on(on) for section in one.sections}


def _standing(
    agreements: Sequence[Agreement], covered: set[str], missing: set[str], ending: set[str]
) -> Standing:
    if not agreements:
        return Standing.NOTHING
    if not covered:
        return Standing.PLANNED
    if missing:
        return Standing.GAPS
    return Standing.ENDING if ending else Standing.HOLDS
