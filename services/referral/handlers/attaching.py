"""Add a file to a handoff once it was looked at, and hand it out to the two sides alone."""

from collections.abc import Sequence
from uuid import UUID

from onward.contracts.referral import AttachmentAdded
from onward.database import UnitOfWork
from onward.errors import NotFoundError
from onward.ids import new_id
from services.referral.domain.attachments import (
    Attachment,
    require_acceptable,
    require_clean,
    require_space,
)
from services.referral.domain.conversation import Visibility, require_sayable
from services.referral.handlers.conversing import Party, party_to, tell_read
from services.referral.storage.scanning import scanners
from services.referral.storage.store import Store
from services.referral.storage.vault import Vault


def attach(
    uow: UnitOfWork[Store],
    vault: Vault,
    handoff_id: UUID,
    *,
    name: str,
    media_type: str,
    content: bytes,
) -> Attachment:
    """Keep a file for both sides.

    Raises what `party_to`, `require_sayable` and the three rules for files raise.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    require_sayable(here.handoff, Visibility.BOTH)
    require_acceptable(media_type, content)
    require_space(len(_all(uow, here)))
    require_clean(content, scanners())
    attachment = Attachment(
        id=new_id(),
        handoff_id=handoff_id,
        referral_id=here.handoff.referral_id,
        organisation=here.organisation,
        name=name,
        media_type=media_type,
        size=len(content),
        at=uow.now,
    )
    uow.store.attachments.add(attachment, content, here.seal)
    uow.emit(
        AttachmentAdded(
            **here.handoff.told(),
            attachment_id=attachment.id,
            size=attachment.size,
            by=here.side,
        )
    )
    return attachment


def read_attachments(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID
) -> Sequence[Attachment]:
    """Return the files of a handoff, the earliest first. Raises what `party_to` raises."""
    here = party_to(uow, vault, handoff_id)
    found = _all(uow, here)
    tell_read(uow, here.handoff, "attachments", len(found))
    return found


def read_file(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, attachment_id: UUID
) -> tuple[Attachment, bytes]:
    """Return one file with what is in it. Raises what `party_to` raises, or `NotFoundError`."""
    here = party_to(uow, vault, handoff_id)
    for attachment in _all(uow, here):
        if attachment.id == attachment_id:
            tell_read(uow, here.handoff, "attachment", 1)
            return attachment, uow.store.attachments.content(attachment_id, here.seal)
    raise NotFoundError("attachment")


def _all(uow: UnitOfWork[Store], here: Party) -> list[Attachment]:
    return uow.store.attachments.of_handoffs([here.handoff.id], here.seal)
