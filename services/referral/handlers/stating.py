"""State what was sent, from the tables themselves, so that the audit log can be held against them.

An event that was never written, or that was lost on its way, leaves no trace in the log. These statements
do not come from the events but from the records, and so they show it.
"""

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from onward.contracts.access import RecordsStated
from onward.database import UnitOfWork
from services.referral.storage.store import Store

BOOK: Final = uuid5(NAMESPACE_URL, "onward/referral/handoffs")
"""The id under which statements speak of the handoffs of this service."""
SETTLED: Final = timedelta(minutes=2)
"""No transaction lasts so long: what was sent before has been committed, or never will be."""


def state_records(uow: UnitOfWork[Store], *, most: int) -> int:
    """State up to *most* handoffs that were sent since the last statement; return how many those are."""
    if not uow.store.statements.claim():
        return 0
    sent = uow.store.statements.due(before=uow.now - SETTLED, most=most)
    if sent:
        uow.emit(
            RecordsStated(
                ledger_id=BOOK,
                total=uow.store.statements.total(sent[-1]),
                referrals=tuple(each.referral_id for each in sent),
                handoffs=tuple(each.handoff_id for each in sent),
                disclosed=tuple(each.handoff_id for each in sent if each.disclosed),
            )
        )
        uow.store.statements.keep(sent)
    return len(sent)
