"""Decide a move: is it legal, is it explained, what becomes of the handoff, what is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from onward.errors import ConflictError, FieldError, InvalidError
from services.referral.domain.effects import EFFECTS, Command, Step
from services.referral.domain.handoff import LEDGER_DECIDES, Decision, Handoff, allowed_actions
from services.referral.domain.moves import MOVES, TERMINAL, Action, Party
from services.referral.domain.reasons import OUTCOMES, REASONS, find_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What an action asks of whoever takes it."""

    reason: bool = False
    sentence: bool = False
    outcome: bool = False


NEEDED: Final[Mapping[Action, Needed]] = {
    **dict.fromkeys(REASONS, Needed(reason=True, sentence=True)),
    Action.ASK: Needed(sentence=True),
    Action.ANSWER: Needed(sentence=True),
    Action.COMPLETE: Needed(outcome=True),
}
"""A move that disappoints takes a code and a sentence; others may carry a sentence as a note."""


def needed(action: Action) -> Needed:
    """Return what *action* asks for."""
    return NEEDED.get(action, Needed())


def decide(handoff: Handoff, command: Command, *, by: Party, at: datetime) -> Decision:
    """Return what becomes of *handoff* when *by* takes *command* at *at*.

    Raises `ConflictError` (``illegal-move``, ``place-not-held``, ``ledger-decides``) when the
    move is not possible now, and `InvalidError` (``reason-needed``) when it is not explained.
    """
    require_legal(handoff, command.action, by)
    _require_explained(command)
    effect = EFFECTS[command.action]
    changes, events = effect(Step(handoff=handoff, command=command, by=by, at=at))
    to = MOVES[handoff.status, command.action].to
    moved = replace(
        handoff,
        status=to,
        version=handoff.version + 1,
        ended_at=at if to in TERMINAL else None,
        **changes,
    )
    return Decision(handoff=moved, events=events)


def require_legal(handoff: Handoff, action: Action, by: Party) -> None:
    """Raise `ConflictError` with the moves allowed now unless *by* may take *action*."""
    allowed = allowed_actions(handoff, by)
    if action in allowed:
        return
    names = [one.value for one in allowed]
    if handoff.needs_place and (handoff.status, action) in LEDGER_DECIDES:
        raise _ledger_decides(action, names)
    now = handoff.status.value.replace("_", " ")
    may = ", ".join(names) if names else "do nothing with it"
    raise ConflictError(
        "illegal-move",
        f"The handoff is {now}: as {by.value} you may {may} now.",
        allowed=names,
        current_status=handoff.status.value,
    )


def _ledger_decides(action: Action, allowed: list[str]) -> ConflictError:
    if action is Action.START:
        detail = "No place is held for this person yet: start once one is offered."
        return ConflictError("place-not-held", detail, allowed=allowed)
    detail = "The place ledger gives out this service's places: wait for its answer."
    return ConflictError("ledger-decides", detail, allowed=allowed)


def _require_explained(command: Command) -> None:
    wanted = needed(command.action)
    errors = []
    if wanted.reason and find_reason(command.action, command.reason or "") is None:
        codes = ", ".join(reason.code for reason in REASONS[command.action])
        errors.append(FieldError(pointer="/reason", detail=f"Use one of: {codes}."))
    if wanted.sentence and not (command.sentence or "").strip():
        detail = "Say in a sentence what the other side needs to know."
        errors.append(FieldError(pointer="/sentence", detail=detail))
    if wanted.outcome and command.outcome not in OUTCOMES:
        detail = f"Use one of: {', '.join(OUTCOMES)}."
        errors.append(FieldError(pointer="/outcome", detail=detail))
    if errors:
        raise InvalidError(
            "reason-needed", "Explain this move: see errors for what is missing.", errors=errors
        )
