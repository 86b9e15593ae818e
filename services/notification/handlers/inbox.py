"""What a worker does with the notices of their organisation."""

from collections.abc import Sequence
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.errors import NotFoundError
from onward.identity import Actor
from services.notification.domain.messages import Notice, Reader
from services.notification.storage.store import Work

MOST_COUNTED = 100
"""Beyond this a count of unread notices says "more than"."""


def read_notices(
    uow: Work,
    *,
    read: bool | None,
    before: UUID | None = None,
    limit: int,
    urgent_first: bool = False,
) -> list[Notice]:
    """Return what the actor's organisation was told, and record that it was looked at.

    The choices are those of `services.notification.storage.notices.Notices.page`.
    """
    found = uow.store.notices.page(
        reader_of(uow), read=read, before=before, limit=limit, urgent_first=urgent_first
    )
    if found:
        uow.emit(
            RecordRead(
                about=organisation_of(uow.actor),
                what="notifications",
                purpose="direct-care",
                records=len(found),
            )
        )
    return found


def mark_read(uow: Work, id_: UUID) -> Notice:
    """Note that the actor has read a notice. Raises `NotFoundError` where it is not theirs to see."""
    reader = reader_of(uow)
    uow.store.notices.mark(reader, [id_], uow.now)
    notice = uow.store.notices.one(reader, id_)
    if notice is None:
        raise NotFoundError("notification")
    return notice


def mark_many(uow: Work, ids: Sequence[UUID]) -> tuple[int, list[UUID]]:
    """Note that the actor has read those of *ids* they may see.

    Return how many were unread, and which are not there to see, in the order given.
    """
    reader = reader_of(uow)
    marked = uow.store.notices.mark(reader, ids, uow.now)
    seen = uow.store.notices.known(reader, ids)
    return marked, [id_ for id_ in dict.fromkeys(ids) if id_ not in seen]


def mark_up_to(uow: Work, id_: UUID) -> int:
    """Note that the actor has read this notice and every older one; return how many were unread."""
    reader = reader_of(uow)
    newest = uow.store.notices.one(reader, id_)
    if newest is None:
        raise NotFoundError("notification")
    unread: int = uow.store.notices.count_unread(reader, up_to=newest.position)
    uow.store.notices.mark_up_to(reader, newest.position)
    return unread


def unread_count(uow: Work) -> int:
    """Return how many notices the actor has not read, `MOST_COUNTED` at most."""
    return uow.store.notices.count_unread(reader_of(uow), most=MOST_COUNTED)


def reader_of(uow: Work) -> Reader:
    """Return the actor with every organisation whose notices they may see at this moment."""
    reader: Reader = uow.store.people.reader(uow.actor, uow.now)
    return reader


def organisation_of(actor: Actor) -> UUID:
    """Return whom *actor* acts for. Raises `NotFoundError` for the platform's own services."""
    if actor.organisation is None:
        raise NotFoundError("organisation")
    return actor.organisation
