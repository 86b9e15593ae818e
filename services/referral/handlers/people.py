"""Find out whom a submission is about: somebody new, somebody known, or the person of an earlier referral."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from onward.contracts.access import RecordRead
from onward.database import UnitOfWork
from onward.errors import FieldError, ForbiddenError, InvalidError, NotFoundError
from onward.ids import new_id
from services.referral.domain.pack import IDENTITY, field_names, person_from
from services.referral.domain.person import Person, require_plausible
from services.referral.domain.routing import DIRECT_CARE
from services.referral.domain.sections import highest
from services.referral.domain.submission import Submission
from services.referral.handlers.packs import Pack, open_pack
from services.referral.handlers.visibility import Seen, organisation_of, see_referral
from services.referral.storage.store import Store
from services.referral.storage.vault import PersonKey, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person with the key to what is kept about them."""

    person: Person
    key: PersonKey
    is_new: bool = False
    """Whether their record has yet to be written."""


def whom(uow: UnitOfWork[Store], vault: Vault, submission: Submission) -> Known:
    """Return the person of *submission*; writes nothing.

    Raises `InvalidError` (``person-missing``, ``person-twice``, ``based-on-unknown``) or `NotFoundError`.
    """
    earlier = _earlier(uow, submission.based_on)
    given = submission.person is not None, submission.person_id is not None
    if all(given):
        raise _person_needed("person-twice", "Send person or person_id, not both.")
    if submission.person:
        return _new(uow, vault, submission.person)
    if submission.person_id:
        return _recorded(uow, vault, submission.person_id)
    if earlier is None:
        raise _person_needed("person-missing", "Say who it is about: send person or person_id.")
    return _same_as(uow, vault, earlier)


def _earlier(uow: UnitOfWork[Store], referral_id: UUID | None) -> Seen | None:
    if referral_id is None:
        return None
    try:
        return see_referral(uow, referral_id)
    except NotFoundError:
        raise InvalidError(
            "based-on-unknown",
            "There is no such referral to follow from, or it is not yours to see.",
            errors=[FieldError(pointer="/based_on", detail="Name a referral you can see.")],
        ) from None


def _new(uow: UnitOfWork[Store], vault: Vault, person: Person) -> Known:
    require_plausible(person.birth_date, uow.now.date())
    return Known(person=person, key=vault.new_key(person.id), is_new=True)


def _recorded(uow: UnitOfWork[Store], vault: Vault, person_id: UUID) -> Known:
    person = uow.store.people.get(vault, person_id, organisation_of(uow), as_it_stays=True)
    return Known(person=person, key=uow.store.people.key(vault, person_id))


def _same_as(uow: UnitOfWork[Store], vault: Vault, earlier: Seen) -> Known:
    """Return the person of an earlier referral: the sender's own record, or one made from the pack.

    So nobody who was told who somebody is has to type it again to hand them on.
    """
    if earlier.as_sender:
        return _recorded(uow, vault, earlier.referral.person_id)
    handoff, organisation = earlier.newest, organisation_of(uow)
    told: Pack = {}
    with suppress(ForbiddenError):
        told = open_pack(uow, vault, handoff)
    if IDENTITY not in told:
        raise _person_needed("person-missing", "You were not told who it is about: send person.")
    read = highest(field_names(told))
    uow.emit(
        RecordRead(
            about=handoff.referral_id,
            referral_id=handoff.referral_id,
            handoff_id=handoff.id,
            what="pack",
            purpose=DIRECT_CARE,
            sensitivity=read.value if read else None,
        )
    )
    return _new(uow, vault, person_from(told, new_id=new_id(), organisation=organisation))


def _person_needed(code: str, detail: str) -> InvalidError:
    errors = [FieldError(pointer="/person", detail="Send exactly one of person and person_id.")]
    return InvalidError(code, detail, errors=errors)
