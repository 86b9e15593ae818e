"""When a message that could not be delivered is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from onward.delivery.outcome import Outcome


class Status(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    SKIPPED = "skipped"
    """Nobody was to be sent it after all: no mailbox, or no e-mail on this platform."""


_MINUTE: Final = 60
_HOUR: Final = 3600


def _pauses(*seconds: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=pause) for pause in seconds)


WEBHOOK: Final = _pauses(
    *(0, 5, 5 * _MINUTE, 30 * _MINUTE),
    *(2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
)
"""Pause before each attempt: three days and three and a half hours in all (Standard Webhooks)."""
MAIL: Final = _pauses(
    *(0, 1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(1 * _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR, 24 * _HOUR),
)
"""A mail server may be away for two days, as senders of mail have long allowed for (RFC 5321, 4.5.4.1)."""
SMS: Final = _pauses(*(0, 1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE))
"""Whoever asked for text messages wants to know soon: after 51 minutes it goes by e-mail instead."""
QUEUE: Final = WEBHOOK
"""A partner that does not read its queue is given as long as one whose webhook does not answer."""

DEAD_AFTER: Final = 4
"""Failed attempts in a row at one message, the last of them after 35 minutes, from which on a webhook counts
as dead: its organisation's mailbox is told, and gets by e-mail what it had chosen to hear by webhook alone,
what waits already first. However much waits, a restart of its receiver is no death. A message that failed so
often is mailed also where its webhook takes others, or where it was for a partner's queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a message after an attempt."""

    status: Status
    due_at: datetime | None
    """When it is tried again; None when it is not."""


def after(
    outcome: Outcome, *, attempts: int, schedule: tuple[timedelta, ...], at: datetime
) -> Verdict:
    """Return what follows from the *attempts*-th attempt, which ended with *outcome*."""
    if outcome.taken:
        return Verdict(status=Status.DELIVERED, due_at=None)
    if outcome.final or attempts >= len(schedule):
        return Verdict(status=Status.GIVEN_UP, due_at=None)
    return Verdict(status=Status.WAITING, due_at=at + schedule[attempts])
