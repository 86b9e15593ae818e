"""Correct a person's record after referrals about them were sent, and everything that was told from it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from onward.contracts.access import PersonCorrected, RecordRead
from onward.contracts.referral import PackCorrected
from onward.database import UnitOfWork
from onward.errors import NotFoundError, StaleVersionError
from services.referral.domain.consent import ended, stopped
from services.referral.domain.correcting import SAFE, corrected, differing
from services.referral.domain.handoff import Handoff
from services.referral.domain.pack import CLOSED, Sections, disclosed, field_names, with_person
from services.referral.domain.person import Person, require_plausible
from services.referral.domain.referral import Referral
from services.referral.domain.routing import DIRECT_CARE
from services.referral.domain.sections import highest
from services.referral.handlers.visibility import Seen, organisation_of, see_handoff
from services.referral.storage.packs import Earlier
from services.referral.storage.store import Store
from services.referral.storage.vault import PersonKey, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A recipient that reads something else from now on."""

    handoff: Handoff
    fields: Sequence[str]
    told: bool
    """Whether it is told so: not where the person's consent has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A referral whose person's record was corrected."""

    seen: Seen
    fields: Sequence[str]
    """What the record says otherwise now; none where nothing was different."""
    reached: Sequence[Reached] = ()


def correct_person(
    uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, version: int, said: Person
) -> Corrected:
    """Let the record of the person of a referral, read as *version*, say what *said* does.

    Every pack that was made from it follows, in other referrals, too. Raises `NotFoundError`,
    `StaleVersionError`, `InvalidError` ``birth-date-implausible`` or `ConflictError` ``person-erased``.
    """
    seen, together = _locked(uow, referral_id)
    if seen.version != version:
        raise StaleVersionError(seen.version)
    require_plausible(said.birth_date, uow.now.date())
    before = uow.store.people.get(vault, seen.referral.person_id, seen.referral.sender)
    after = replace(said, id=before.id, organisation=before.organisation)
    fields = differing(with_person({}, before), with_person({}, after))
    if not fields:
        return Corrected(seen=seen, fields=fields)
    key = uow.store.people.key(vault, after.id)
    uow.store.people.correct(vault, after, key)
    reached = _pass_on(uow, key, after, together)
    for one in together.values():
        uow.store.referrals.change(replace(one, version=one.version + 1))
    uow.emit(
        PersonCorrected(
            about=after.id, organisation=after.organisation, fields=fields, recipients=len(reached)
        )
    )
    changed = replace(seen.referral, version=seen.referral.version + 1)
    return Corrected(seen=replace(seen, referral=changed), fields=fields, reached=reached)


def read_earlier(uow: UnitOfWork[Store], vault: Vault, handoff_id: UUID) -> Sequence[Earlier]:
    """Return what a handoff's pack said before each correction, for its sender; told to audit.

    Raises `NotFoundError`.
    """
    handoff = see_handoff(uow, handoff_id)
    if handoff.sender != organisation_of(uow):
        raise NotFoundError("handoff")
    key = uow.store.people.key(vault, handoff.person_id)
    seal = key.seal(organisation=handoff.sender, about=handoff.referral_id)
    found = uow.store.packs.earlier(handoff_id, seal)
    read = highest(f"{one.section}.{name}" for one in found for name in one.fields)
    uow.emit(
        RecordRead(
            about=handoff.referral_id,
            referral_id=handoff.referral_id,
            handoff_id=handoff_id,
            what="earlier-pack",
            purpose=DIRECT_CARE,
            sensitivity=read.value if read else None,
        )
    )
    return found


def _locked(uow: UnitOfWork[Store], referral_id: UUID) -> tuple[Seen, dict[UUID, Referral]]:
    """Return a referral with every other about the same person: nobody sends or corrects any until commit.

    Referrals are locked before their person, as whoever sends one does; the second look finds what was
    sent in between.
    """
    found = uow.store.referrals.find(referral_id)
    if found is None or found.sender != organisation_of(uow):
        raise NotFoundError("referral")
    uow.store.referrals.lock_of_person(found.person_id)
    uow.store.people.lock(found.person_id)
    together = uow.store.referrals.lock_of_person(found.person_id)
    handoffs = uow.store.handoffs.of_referral(referral_id)
    return Seen(referral=together[referral_id], handoffs=handoffs, as_sender=True), together


def _pass_on(
    uow: UnitOfWork[Store], key: PersonKey, person: Person, together: dict[UUID, Referral]
) -> list[Reached]:
    """Correct every pack that somebody may still read."""
    record = with_person({}, person)
    readable = [
        one
        for one in uow.store.handoffs.of_person(person.id)
        if one.requested_at and one.status not in CLOSED
    ]
    found = []
    for handoff in readable:
        fields = _correct(uow, key, handoff, together[handoff.referral_id], record)
        if fields:
            found.append(_tell(uow, handoff, together[handoff.referral_id], fields))
    return found


def _correct(
    uow: UnitOfWork[Store], key: PersonKey, handoff: Handoff, referral: Referral, record: Sections
) -> tuple[str, ...]:
    """Write the pack of one handoff anew; return what is different in it."""
    seal = key.seal(organisation=handoff.sender, about=handoff.referral_id)
    pack = uow.store.packs.read(handoff.id, seal)
    after = corrected(
        pack,
        record,
        told=uow.store.packs.told(handoff.id),
        may=_may_be_told(uow, handoff, referral, record),
        is_open=handoff.is_open,
    )
    fields = differing(pack, after)
    if fields:
        uow.store.packs.correct(handoff, after, fields, seal, at=uow.now)
    return fields


def _may_be_told(
    uow: UnitOfWork[Store], handoff: Handoff, referral: Referral, record: Sections
) -> Collection[str]:
    """Return what the recipient may be told of *record* today: asked for, agreed, and not withheld."""
    today = uow.now.date()
    service = uow.store.copies.service(handoff.service_id)
    if service is None or ended(referral.consent, basis=handoff.lawful_basis, on=today):
        return ()
    agreed = None
    if handoff.agreement_id:
        agreement = uow.store.copies.agreement(handoff.agreement_id)
        agreed = agreement.sections if agreement and agreement.holds_on(today) else ()
    return field_names(
        disclosed(record, asked=service.asks_for, agreed=agreed, consent=referral.consent)
    )


def _tell(
    uow: UnitOfWork[Store], handoff: Handoff, referral: Referral, fields: Sequence[str]
) -> Reached:
    """Tell a recipient what was corrected of what it may still read."""
    consent, basis = referral.consent, handoff.lawful_basis
    closed = stopped(fields, consent, basis=basis, on=uow.now.date())
    reads = tuple(name for name in fields if name not in closed)
    if reads:
        safe = not SAFE.isdisjoint(reads)
        uow.emit(PackCorrected(**handoff.told(), fields=reads, safe_to_contact=safe))
    return Reached(handoff=handoff, fields=reads, told=bool(reads))
