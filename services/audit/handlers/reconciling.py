"""Hold the log against what services state of their own records: what they did and it has no leaf of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from onward.contracts.access import RecordsStated
from onward.contracts.audit import LeafMissing
from onward.database import UnitOfWork
from onward.envelope import Envelope
from services.audit.storage.completeness import Book, Claim, Count
from services.audit.storage.store import Store

LATE: Final = timedelta(minutes=5)
"""After so long a leaf is missing, and no longer on its way."""
BATCH: Final = 500
SHOWN: Final = 100
"""Missing leaves that a report names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the log stands against the services' own records."""

    counts: Sequence[Count]
    books: Sequence[Book]
    missing: Sequence[Claim]
    """The first `SHOWN` that are late."""

    @property
    def is_complete(self) -> bool:
        """Whether everything stated has its leaf, or may still be on its way, and no record vanished."""
        return not self.missing and all(book.total == book.sent for book in self.books)


def take_statements(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Remember what services state, to look for its leaves."""
    for envelope in envelopes:
        event = envelope.event
        if not isinstance(event, RecordsStated):
            continue
        disclosed = set(event.disclosed)
        claims = [
            Claim(handoff=handoff, kind=kind, referral=referral, stated_at=uow.now)
            for referral, handoff in zip(event.referrals, event.handoffs, strict=True)
            for kind in (("sent", "disclosed") if handoff in disclosed else ("sent",))
        ]
        uow.store.completeness.state(claims)
        uow.store.completeness.count_book(
            event.ledger_id, total=event.total, sent=len(event.handoffs), at=uow.now
        )


def reconcile(uow: UnitOfWork[Store]) -> None:
    """Look for the leaves of what was stated, and tell, once each, what still has none."""
    kept = uow.store.completeness
    kept.find(most=BATCH)
    for claim in kept.tell_overdue(before=uow.now - LATE, at=uow.now, most=BATCH):
        uow.emit(
            LeafMissing(referral_id=claim.referral, handoff_id=claim.handoff, kind=claim.kind)
        )


def completeness(uow: UnitOfWork[Store]) -> Report:
    """Return how the log stands against what was stated."""
    kept = uow.store.completeness
    return Report(
        counts=kept.counts(),
        books=kept.books(),
        missing=kept.missing(before=uow.now - LATE, most=SHOWN),
    )
