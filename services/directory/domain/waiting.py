"""Who is next, and why: the one order of waiting, told in sentences to whoever asks."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from services.directory.domain.claims import Claim, ClaimState, Order

Queue = tuple[Claim, ...]
"""Those who wait, the next one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that puts a claim where it stands."""

    code: str
    """``urgency``, ``waiting-time`` or ``tie``."""
    ahead: int
    """How many stand before it because of this rule."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one claim stands among those who wait."""

    claim: Claim
    position: int
    """1 is next."""
    of: int
    reasons: tuple[Reason, ...]


def in_order(claims: Iterable[Claim]) -> Queue:
    """Return those of *claims* who wait, the next one first."""
    waiters = (claim for claim in claims if claim.state is ClaimState.QUEUED)
    return tuple(sorted(waiters, key=_order))


def position(queue: Queue, claim: Claim) -> int:
    """Return where *claim* stands, or would stand, in *queue*; 1 is next."""
    return bisect_left(queue, claim.order, key=_order) + 1


def joined(queue: Queue, claim: Claim) -> Queue:
    """Return *queue* with *claim* where it belongs."""
    index = position(queue, claim) - 1
    return (*queue[:index], claim, *queue[index:])


def without(queue: Queue, claim: Claim) -> Queue:
    """Return *queue* after *claim* has left it."""
    index = position(queue, claim) - 1
    return (*queue[:index], *queue[index + 1 :])


def standings(queue: Queue, first: int = 0, last: int | None = None) -> list[Standing]:
    """Return how those who wait stand, from index *first* up to *last*, each with the reasons."""
    return [
        Standing(claim=claim, position=index, of=len(queue), reasons=explain(queue, claim))
        for index, claim in enumerate(queue[first:last], start=first + 1)
    ]


def explain(queue: Queue, claim: Claim) -> tuple[Reason, ...]:
    """Return why *claim* stands where it stands in *queue*: who goes first by which rule."""
    band, since, _ = claim.order
    more_urgent = bisect_left(queue, band, key=lambda other: other.order[0])
    before = bisect_left(queue, (band, since), key=lambda other: other.order[:2])
    parts = [_by_urgency(claim, more_urgent), _by_waiting_time(claim, before - more_urgent)]
    if ties := position(queue, claim) - 1 - before:
        parts.append(_by_number(ties))
    return tuple(parts)


def _order(claim: Claim) -> Order:
    return claim.order


def _by_urgency(claim: Claim, ahead: int) -> Reason:
    if claim.urgency.band == 0:
        sentence = "Emergencies go first."
    elif ahead == 0:
        sentence = f"Nobody who waits is in a more urgent band than {claim.urgency}."
    elif ahead == 1:
        sentence = f"1 person in a more urgent band than {claim.urgency} goes first."
    else:
        sentence = f"{ahead} people in more urgent bands than {claim.urgency} go first."
    return Reason(code="urgency", ahead=ahead, sentence=sentence)


def _by_waiting_time(claim: Claim, ahead: int) -> Reason:
    who = {0: "Nobody as urgent has", 1: "1 person as urgent has"}.get(
        ahead, f"{ahead} people as urgent have"
    )
    sentence = f"{who} waited longer."
    if claim.attempt > 1:
        sentence += " An earlier offer lapsed, so waiting counts from that moment."
    return Reason(code="waiting-time", ahead=ahead, sentence=sentence)


def _by_number(ahead: int) -> Reason:
    who = "1 person goes" if ahead == 1 else f"{ahead} people go"
    return Reason(
        code="tie",
        ahead=ahead,
        sentence=f"{who} first who began to wait at the same moment: the handoff's id decides.",
    )
