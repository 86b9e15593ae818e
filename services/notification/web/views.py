"""What is shown of a notice, on pages, in the API and in the live stream alike."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from onward.identity import Actor
from onward.web.languages import current_language, translated
from services.notification.domain.messages import Notice, Reader
from services.notification.handlers.phrasing import phrase_notice, reference_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice in words."""

    id: UUID
    template: str
    urgency: str
    text: str
    detail: str
    todo: str
    reference: str
    href: str
    referral_id: UUID | None
    handoff_id: UUID | None
    service_id: UUID | None
    organisation_id: UUID
    team: str | None
    """Name of the host in whose team the reader sits; None for their own organisation."""
    covers: str | None
    """What colleagues call whoever the reader covers for, where they are told because of it."""
    occurred_at: datetime
    read: bool


def view(notice: Notice, reader: Actor | Reader) -> NoticeView:
    """Return *notice* in words, as *reader* sees it."""
    said = phrase_notice(notice, current_language().code, reader.role)
    covered = notice.stand_ins.get(reader.principal)
    own = notice.organisation == reader.organisation
    return NoticeView(
        id=notice.id,
        template=notice.template,
        urgency=notice.urgency.value,
        text=said.subject,
        detail=said.happened,
        todo=said.todo,
        reference=reference_of(notice),
        href=said.path,
        referral_id=notice.about if notice.handoff_id else None,
        handoff_id=notice.handoff_id,
        service_id=notice.service_id,
        organisation_id=notice.organisation,
        team=None if own else notice.told or translated("another team"),
        covers=None if covered is None else covered or translated("a colleague"),
        occurred_at=notice.occurred_at,
        read=notice.read,
    )
