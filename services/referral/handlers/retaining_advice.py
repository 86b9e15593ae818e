"""Dispose of questions for advice that were kept long enough, with all that was said on them."""

from collections.abc import Sequence
from datetime import datetime

from onward.contracts.access import AdviceDisposed
from onward.database import UnitOfWork
from services.referral.domain.retention import ADVICE, DueQuestion
from services.referral.storage.retention_rules import retention_rules
from services.referral.storage.store import Store


def questions_due(
    store: Store, now: datetime, *, most: int, lock: bool = False
) -> Sequence[DueQuestion]:
    """Return up to *most* questions whose time is over *now*, the oldest first.

    With *lock* they are locked, and those that others have locked left out.
    """
    rule = retention_rules()[ADVICE]
    return [
        DueQuestion(
            rule=rule,
            advice_id=one.id,
            sender=one.sender,
            recipient=one.recipient,
            last_used=one.changed_at,
        )
        for one in store.advice.untouched(rule.before(now), most=most, lock=lock)
    ]


def dispose_of_questions(uow: UnitOfWork[Store], *, most: int) -> int:
    """Dispose of up to *most* questions that are due; return how many there were."""
    due = questions_due(uow.store, uow.now, most=most, lock=True)
    uow.store.advice.dispose_of([one.advice_id for one in due])
    for one in due:
        uow.emit(
            AdviceDisposed(
                about=one.advice_id,
                sender=one.sender,
                recipient=one.recipient,
                kind=one.rule.kind,
            )
        )
    return len(due)
