"""Keep files of handoffs: their names and what is in them are sealed."""

from base64 import b64decode, b64encode
from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.referral.domain.attachments import Attachment
from services.referral.storage.conversation_tables import attachments
from services.referral.storage.vault import Seal

_SHOWN = [column for column in attachments.c if column.name != "sealed_content"]


class Attachments:
    """Files by handoff."""

    def __init__(self, connection: sa.Connection) -> None:
        """Read and write through *connection*."""
        self._connection = connection

    def add(self, attachment: Attachment, content: bytes, seal: Seal) -> None:
        """Write a new one."""
        row = {
            "id": attachment.id,
            "handoff_id": attachment.handoff_id,
            "referral_id": attachment.referral_id,
            "organisation": attachment.organisation,
            "media_type": attachment.media_type,
            "size": attachment.size,
            "sealed_name": seal.close(_label(attachment.id, "name"), attachment.name),
            "sealed_content": seal.close(
                _label(attachment.id, "content"), b64encode(content).decode()
            ),
            "at": attachment.at,
        }
        self._connection.execute(sa.insert(attachments).values(**row))

    def of_handoffs(self, ids: Collection[UUID], seal: Seal) -> list[Attachment]:
        """Return those of *ids*, handoffs of one referral, the earliest first; none of somebody erased."""
        if seal.is_lost:
            return []
        wanted = (
            sa.select(*_SHOWN)
            .where(attachments.c.handoff_id.in_(ids))
            .order_by(attachments.c.at, attachments.c.id)
        )
        return [_attachment(row, seal) for row in self._connection.execute(wanted)]

    def content(self, attachment_id: UUID, seal: Seal) -> bytes:
        """Return what is in a file that is there."""
        sealed = self._connection.execute(
            sa.select(attachments.c.sealed_content).filter_by(id=attachment_id)
        ).scalar_one()
        return b64decode(str(seal.open(_label(attachment_id, "content"), sealed)))


def _attachment(row: sa.Row[Any], seal: Seal) -> Attachment:
    return Attachment(
        id=row.id,
        handoff_id=row.handoff_id,
        referral_id=row.referral_id,
        organisation=row.organisation,
        name=str(seal.open(_label(row.id, "name"), row.sealed_name)),
        media_type=row.media_type,
        size=row.size,
        at=row.at,
    )


def _label(attachment_id: UUID, part: str) -> str:
    return f"attachment.{attachment_id}.{part}"
