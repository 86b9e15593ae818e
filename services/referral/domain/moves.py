"""The status machine of a handoff as data: which move leads where, and whose it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final


class Status(StrEnum):
    """Where a handoff stands."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    INFO_REQUESTED = "info_requested"
    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered_in_error"


TERMINAL: Final = frozenset(
    {
        Status.REJECTED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.COMPLETED,
        Status.FAILED,
        Status.ENTERED_IN_ERROR,
    }
)
"""Nothing happens to these any more, except that the sender may say they were entered in error."""
OPEN: Final = frozenset(Status) - TERMINAL - {Status.DRAFT}
"""Somebody still has to do something."""
UNANSWERED: Final = frozenset({Status.REQUESTED, Status.ACKNOWLEDGED, Status.INFO_REQUESTED})
TAKEN_ON: Final = OPEN - UNANSWERED
"""The recipient has said yes, and has not ended yet."""


class Party(StrEnum):
    """On whose side somebody stands in a handoff."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    PERSON = "person"
    PLATFORM = "platform"
    """Timers, and the directory's place ledger."""


class Action(StrEnum):
    """A move, as a route and a form name it."""

    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    ANSWER = "answer"
    ACCEPT = "accept"
    REJECT = "reject"
    WAITLIST = "waitlist"
    OFFER = "offer"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    MARK_IN_ERROR = "mark-in-error"
    EXPIRE = "expire"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where an action leads, and which parties may take it."""

    to: Status
    by: frozenset[Party]


_S, _R, _P, _T = Party.SENDER, Party.RECIPIENT, Party.PERSON, Party.PLATFORM
_ACTIVE: Final = (
    Status.ACCEPTED,
    Status.WAITLISTED,
    Status.OFFERED,
    Status.IN_PROGRESS,
    Status.ON_HOLD,
)
_BUSY: Final = (Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD)
_ANSWERABLE: Final = (Status.REQUESTED, Status.ACKNOWLEDGED)
_TABLE: Final[tuple[tuple[Action, tuple[Status, ...], Status, tuple[Party, ...]], ...]] = (
    (Action.SEND, (Status.DRAFT,), Status.REQUESTED, (_S,)),
    (Action.ACKNOWLEDGE, (Status.REQUESTED,), Status.ACKNOWLEDGED, (_R,)),
    (Action.ASK, _ANSWERABLE, Status.INFO_REQUESTED, (_R,)),
    (Action.ANSWER, (Status.INFO_REQUESTED,), Status.REQUESTED, (_S,)),
    (Action.ACCEPT, _ANSWERABLE, Status.ACCEPTED, (_R,)),
    (Action.REJECT, _ANSWERABLE, Status.REJECTED, (_R,)),
    (Action.EXPIRE, tuple(sorted(UNANSWERED)), Status.EXPIRED, (_T,)),
    (Action.CANCEL, tuple(sorted(UNANSWERED)), Status.CANCELLED, (_S, _P)),
    (Action.CANCEL, _ACTIVE, Status.CANCELLED, (_S, _P, _R)),
    (Action.WAITLIST, (Status.ACCEPTED,), Status.WAITLISTED, (_R, _T)),
    (Action.OFFER, (Status.ACCEPTED, Status.WAITLISTED), Status.OFFERED, (_R, _T)),
    (Action.LAPSE, (Status.OFFERED,), Status.WAITLISTED, (_T,)),
    (Action.START, (Status.ACCEPTED, Status.OFFERED), Status.IN_PROGRESS, (_R,)),
    (Action.HOLD, (Status.ACCEPTED, Status.IN_PROGRESS), Status.ON_HOLD, (_R,)),
    (Action.RESUME, (Status.ON_HOLD,), Status.IN_PROGRESS, (_R,)),
    (Action.COMPLETE, _BUSY, Status.COMPLETED, (_R,)),
    (Action.FAIL, _BUSY, Status.FAILED, (_R,)),
    (
        Action.MARK_IN_ERROR,
        tuple(status for status in Status if status is not Status.ENTERED_IN_ERROR),
        Status.ENTERED_IN_ERROR,
        (_S,),
    ),
)


def _moves() -> Iterator[tuple[tuple[Status, Action], Move]]:
    for action, starts, to, parties in _TABLE:
        for start in starts:
            yield (start, action), Move(to=to, by=frozenset(parties))


MOVES: Final[Mapping[tuple[Status, Action], Move]] = dict(_moves())
"""Every legal move by where it starts; whatever is not here is illegal."""


@cache
def moves_from(status: Status, party: Party) -> tuple[Action, ...]:
    """Return what *party* may do from *status*, in the order of `Action`."""
    return tuple(
        action
        for action in Action
        if (move := MOVES.get((status, action))) is not None and party in move.by
    )
