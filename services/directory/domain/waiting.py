"""Who is next, and why: the one order of waiting, told in sentences to whoever asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.directory.domain.claims import Claim, ClaimState


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


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    """Return those who wait, the next one first."""
    return sorted(
        (claim for claim in claims if claim.state is ClaimState.QUEUED),
        key=lambda claim: claim.order,
    )


def position(claims: Iterable[Claim], waiter: Claim) -> int:
    """Return where *waiter* stands among *claims*; 1 is next."""
    return 1 + sum(
        claim.state is ClaimState.QUEUED and claim.order < waiter.order for claim in claims
    )


def standings(claims: Iterable[Claim]) -> list[Standing]:
    """Return everybody who waits, in order, each with the reasons for their position."""
    queue = in_order(claims)
    return [
        Standing(
            claim=claim, position=index + 1, of=len(queue), reasons=explain(queue[:index], claim)
        )
        for index, claim in enumerate(queue)
    ]


def explain(ahead: Sequence[Claim], claim: Claim) -> tuple[Reason, ...]:
    """Return why *claim* stands behind those *ahead* of it, rule by rule."""
    as_urgent = [other for other in ahead if other.urgency is claim.urgency]
    longer = [other for other in as_urgent if other.waiting_since < claim.waiting_since]
    parts = [
        _by_urgency(claim, len(ahead) - len(as_urgent)),
        _by_waiting_time(claim, len(longer)),
    ]
    if ties := len(as_urgent) - len(longer):
        parts.append(_by_number(ties))
    return tuple(parts)


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
