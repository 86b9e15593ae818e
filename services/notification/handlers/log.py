"""Read the delivery log of an endpoint."""

from datetime import datetime
from uuid import UUID

from onward.contracts.access import RecordRead
from services.notification.domain.messages import Delivery
from services.notification.handlers.endpoints import own
from services.notification.storage.deliveries import EVERY, Sought
from services.notification.storage.store import Work


def read_deliveries(
    uow: Work,
    id_: UUID,
    sought: Sought = EVERY,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Delivery]:
    """Return what was sent to the actor's own endpoint, newest first, and record that it was looked at."""
    endpoint = own(uow, id_)
    found = uow.store.deliveries.page(id_, sought, before=before, limit=limit)
    if found:
        uow.emit(
            RecordRead(
                about=endpoint.organisation,
                what="deliveries",
                purpose="service-management",
                records=len(found),
            )
        )
    return found
