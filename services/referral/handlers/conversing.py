"""Write to the other side of a handoff, keep a note, and read what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import RecordKept, RecordRead
from onward.contracts.referral import MessageSent
from onward.database import UnitOfWork
from onward.ids import new_id
from services.referral.domain.appointments import Appointment
from services.referral.domain.attachments import Attachment
from services.referral.domain.conversation import Message, Visibility, require_sayable
from services.referral.domain.handoff import Handoff
from services.referral.domain.routing import DIRECT_CARE
from services.referral.handlers.packs import may_know, require_known
from services.referral.handlers.visibility import Seen, organisation_of, see_handoff
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A handoff as somebody stands to it who may know about the person."""

    handoff: Handoff
    organisation: UUID
    seal: Seal

    @property
    def side(self) -> str:
        """The side that is told to the other: the sender's where it is both."""
        return self.handoff.parties(self.organisation)[0].value


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """All that was said and arranged about a referral, as far as the asker may know it."""

    messages: list[Message]
    appointments: list[Appointment]
    attachments: list[Attachment]


def party_to(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, *, lock: bool = False
) -> Party:
    """Return a handoff that the actor's organisation may know about; *lock* it to change what hangs on it.

    Raises `NotFoundError`, or `ForbiddenError` ``pack-closed``, ``consent-withdrawn`` or
    ``consent-expired`` where their part, or the person's consent, has ended.
    """
    handoff = see_handoff(uow, handoff_id)
    if lock:
        handoff = uow.store.handoffs.lock(handoff_id)[handoff_id]
    organisation = organisation_of(uow)
    require_known(uow, handoff)
    key = uow.store.people.key(vault, handoff.person_id)
    seal = key.seal(organisation=handoff.sender, about=handoff.referral_id)
    return Party(handoff=handoff, organisation=organisation, seal=seal)


def say(
    uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID, text: str, visibility: Visibility
) -> Message:
    """Write *text* to the other side, or keep it for one's own organisation.

    Raises what `party_to` and `require_sayable` raise.
    """
    here = party_to(uow, vault, handoff_id, lock=True)
    require_sayable(here.handoff, visibility)
    message = Message(
        id=new_id(),
        handoff_id=handoff_id,
        referral_id=here.handoff.referral_id,
        organisation=here.organisation,
        principal=uow.actor.principal,
        visibility=visibility,
        text=text,
        at=uow.now,
    )
    uow.store.conversation.add(message, here.seal)
    _tell(uow, here, message)
    return message


def read_messages(uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID) -> Sequence[Message]:
    """Return what was said, one's own notes among it. Raises what `party_to` raises."""
    here = party_to(uow, vault, handoff_id)
    found = uow.store.conversation.of_handoffs([handoff_id], here.seal, here.organisation)
    tell_read(uow, here.handoff, "conversation", len(found))
    return found


def read_talk(uow: UnitOfWork[Store], vault: Vault, seen: Seen) -> Talk:
    """Return what was said and arranged about the handoffs in *seen*, a read that was told already."""
    organisation = organisation_of(uow)
    ids = [one.id for one in seen.handoffs if may_know(uow, one, seen.referral.consent)]
    key = uow.store.people.key(vault, seen.referral.person_id)
    seal = key.seal(organisation=seen.referral.sender, about=seen.referral.id)
    return Talk(
        messages=uow.store.conversation.of_handoffs(ids, seal, organisation),
        appointments=uow.store.appointments.of_handoffs(ids, seal),
        attachments=uow.store.attachments.of_handoffs(ids, seal),
    )


def tell_read(uow: UnitOfWork[Store], handoff: Handoff, what: str, records: int) -> None:
    """Tell audit that *records* of a handoff were read."""
    uow.emit(
        RecordRead(
            about=handoff.referral_id,
            referral_id=handoff.referral_id,
            handoff_id=handoff.id,
            what=what,
            purpose=DIRECT_CARE,
            records=records,
        )
    )


def tell_kept(uow: UnitOfWork[Store], handoff: Handoff, what: str) -> None:
    """Tell audit that something was written that only the writer's organisation reads."""
    uow.emit(
        RecordKept(
            about=handoff.referral_id,
            referral_id=handoff.referral_id,
            handoff_id=handoff.id,
            what=what,
        )
    )


def _tell(uow: UnitOfWork[Store], here: Party, message: Message) -> None:
    if message.visibility is Visibility.OWN:
        tell_kept(uow, here.handoff, "note")
    else:
        uow.emit(MessageSent(**here.handoff.told(), message_id=message.id, by=here.side))
