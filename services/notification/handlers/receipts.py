"""Let a party see whether what the other side was told has arrived."""

from typing import Final
from uuid import UUID

from onward.contracts.access import RecordRead
from services.notification.domain.messages import Receipt
from services.notification.handlers.inbox import reader_of
from services.notification.storage.store import Work

MOST: Final = 500
"""Receipts shown of one handoff; none has had so many yet."""


def read_receipts(uow: Work, handoff_id: UUID) -> list[Receipt]:
    """Return what became of all the other side of a handoff was told, and record that it was looked at.

    Empty for a handoff that the actor's organisation has no part in, as for one that is not there.
    """
    reader = reader_of(uow)
    found: list[Receipt] = uow.store.receipts.of(
        handoff_id, readers=reader.organisations, limit=MOST
    )
    if found:
        uow.emit(
            RecordRead(
                about=found[0].about,
                referral_id=found[0].about,
                handoff_id=handoff_id,
                what="receipts",
                purpose="direct-care",
                records=len(found),
            )
        )
    return found
