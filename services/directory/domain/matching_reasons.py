"""Say why a service stands where it does: what speaks for it, what against, and what is not known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from onward.plurals import counted
from services.directory.domain import eligibility, opening
from services.directory.domain.eligibility import Assessment, Outcome
from services.directory.domain.eligibility.assessing import Met
from services.directory.domain.eligibility.facts import Decline
from services.directory.domain.matching import (
    Offer,
    Particulars,
    Search,
    Space,
    Standing,
)
from services.directory.domain.opening import Now, State

LONDON: Final = ZoneInfo("Europe/London")


class Weight(StrEnum):
    """Which way a reason points."""

    FOR = "for"
    AGAINST = "against"
    UNKNOWN = "unknown"
    """It could point either way: somebody has to find out."""
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing to know before choosing."""

    weight: Weight
    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One service in the answer, with everything that is known about it for this person."""

    standing: Standing
    assessment: Assessment
    """What its own rules say; its area is in the reasons."""
    now: Now
    opening_said: str
    wait_days: int | None
    """How long people waited for a place lately: the middle one of them; None where nobody did."""
    reasons: tuple[Reason, ...]

    @property
    def declines(self) -> tuple[Decline, ...]:
        """Codes with which it would decline, its area first; none unless it would."""
        outside = (Decline.OUTSIDE_AREA,) if self.standing.served is False else ()
        return tuple(dict.fromkeys((*outside, *self.assessment.declines)))


def hours_now(known: Particulars, search: Search) -> tuple[Now, str]:
    """Return how a service stands at the moment of *search*, and that in words."""
    document = None if known.opening is None else opening.read(known.opening)
    found = opening.now(document, known.nation, search.at)
    zone = document.zone if document else LONDON
    return found, opening.now_in_words(found, search.at, zone)


def explain(standing: Standing, search: Search, known: Particulars) -> Explained:
    """Return *standing* with its reasons, as far as what is *known* of it gives any."""
    offer = standing.offer
    rules = None if offer.eligibility is None else eligibility.read(offer.eligibility)
    assessment = eligibility.assess(rules, search.facts)
    found, said = hours_now(known, search)
    reasons = (
        *_takes(assessment),
        *_serves(standing),
        *_agreed(standing),
        *_helps(standing, search),
        *_has_space(offer, known.wait_days),
        *_is_open(found, said, search),
        *_is_near(standing),
        _note("answers-within", f"Answers a referral within {_answers_within(known)}"),
    )
    return Explained(
        standing=standing,
        assessment=assessment,
        now=found,
        opening_said=said,
        wait_days=known.wait_days,
        reasons=tuple(sorted(reasons, key=lambda one: _ORDER[one.weight])),
    )


_ORDER: Final = {weight: number for number, weight in enumerate(Weight)}


def _takes(assessment: Assessment) -> Iterator[Reason]:
    if assessment.outcome is Outcome.ELIGIBLE:
        met = "; ".join(one.says for one in assessment.findings if one.decisive)
        yield _for("eligible", f"Takes the person: {met}" if met else "Open to everybody")
    for one in assessment.findings:
        if assessment.outcome is Outcome.INELIGIBLE and one.decisive:
            yield _against(
                one.decline or Decline.NOT_ELIGIBLE, f"Takes nobody else but: {one.says}"
            )
        elif one.decisive and one.met is Met.UNKNOWN:
            yield _unknown("not-known", one.fact.asks if one.fact else one.says)
    for note in assessment.notes:
        yield _unknown("not-stated", note)


def _serves(standing: Standing) -> Iterator[Reason]:
    offer = standing.offer
    names = _listed(area.name for area in offer.areas)
    if not offer.areas_known:
        yield _unknown("area-not-stated", "Whose people it is for is not stated: ask it")
    elif standing.served is False:
        yield _against(Decline.OUTSIDE_AREA, f"Only for people in {names}")
    elif standing.served is None:
        yield _unknown("area", f"Only for people in {names}: find out whether that is so")
    elif offer.areas:
        yield _for("area", f"For people in {names}")


def _agreed(standing: Standing) -> Iterator[Reason]:
    if not standing.agreed:
        yield _against("no-agreement", "Your organisation has no sharing agreement with it")


def _helps(standing: Standing, search: Search) -> Iterator[Reason]:
    if not search.needs:
        return
    if not standing.offer.needs:
        yield _unknown("needs-not-stated", "What it helps with is not stated: ask it")
        return
    if standing.helps_with:
        yield _for("needs", f"Helps with {_coded(standing.helps_with)}")
    if rest := search.needs - standing.helps_with:
        yield _against("other-needs", f"Does not say that it helps with {_coded(rest)}")


def _has_space(offer: Offer, wait_days: int | None) -> Iterator[Reason]:
    if offer.places and offer.space is Space.NOW:
        yield _for(
            "room", f"{offer.places.available} of {counted(offer.places.open, 'place')} free"
        )
    elif offer.places:
        full = "Every place is taken" if offer.places.open else "No place is open yet"
        yield _against("full", f"{full}, {offer.places.waiting} waiting")
    elif offer.space is Space.NOW:
        yield _for("room", "Open to whoever comes")
    else:
        yield _unknown("room", "Ask whether it has room")
    if wait_days is not None:
        days = "a day or less" if wait_days <= 1 else f"{wait_days} days"
        yield _note("wait", f"People lately waited {days} for a place, half of them less")


def _is_open(found: Now, said: str, search: Search) -> Iterator[Reason]:
    if found.state is State.UNKNOWN:
        yield _unknown("opening", said)
    elif not search.open_then:
        yield _note("opening", said)
    elif found.state is State.OPEN:
        yield _for("opening", said)
    else:
        yield _against("opening", said)


def _is_near(standing: Standing) -> Iterator[Reason]:
    if standing.offer.online:
        yield _for("online", "Can be used from anywhere")
    if (distance_km := standing.distance_km) is not None:
        yield _note("distance", f"{distance_km:.1f} km away as the crow flies")


def _answers_within(known: Particulars) -> str:
    if known.counts_working_hours:
        return f"{known.answer_hours} of its working hours"
    return _hours(known.answer_hours)


def _hours(hours: int) -> str:
    days, rest = divmod(hours, 24)
    if rest or days < 2:  # noqa: PLR2004 - a single day is told in hours
        return counted(hours, "hour")
    return counted(days, "day")


def _coded(codes: Iterable[str]) -> str:
    return _listed(code.replace("-", " ") for code in sorted(codes))


def _listed(words: Iterable[str]) -> str:
    found = list(words)
    return " and ".join(filter(None, (", ".join(found[:-1]), found[-1]))) if found else ""


def _for(code: str, says: str) -> Reason:
    return Reason(weight=Weight.FOR, code=code, says=says)


def _against(code: str, says: str) -> Reason:
    return Reason(weight=Weight.AGAINST, code=code, says=says)


def _unknown(code: str, says: str) -> Reason:
    return Reason(weight=Weight.UNKNOWN, code=code, says=says)


def _note(code: str, says: str) -> Reason:
    return Reason(weight=Weight.NOTE, code=code, says=says)
