"""Submit a referral, keep it as a draft, and route it to the next recipient after a refusal."""

from dataclasses import dataclass, replace
from uuid import UUID

from onward.database import UnitOfWork
from onward.errors import FieldError, InvalidError, NotFoundError
from onward.ids import new_id
from services.referral.domain.duty import notification
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, Intent
from services.referral.domain.moves import Action, Party, Status
from services.referral.domain.pack import Sections, disclosed, field_names, with_person
from services.referral.domain.person import Person
from services.referral.domain.referral import Referral, Standing, require_routable
from services.referral.domain.routing import Request, Route, Service, find_route, send
from services.referral.domain.submission import Routing, Submission
from services.referral.handlers.advising import own_question, turn_into_referral
from services.referral.handlers.news import note_moves
from services.referral.handlers.people import Known, whom
from services.referral.handlers.visibility import organisation_of
from services.referral.storage.copies import Offered
from services.referral.storage.steps import Made
from services.referral.storage.store import Store
from services.referral.storage.vault import Seal, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of it."""

    referral: Referral
    handoff: Handoff
    told: tuple[str, ...] = ()
    """``section.field`` names the recipient may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What sending would tell whom."""

    service: Service
    person: Person
    told: Sections


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outgoing:
    """A referral on its way out, not yet checked."""

    referral: Referral
    handoff: Handoff
    """A draft."""
    kept: bool
    """Whether that draft is in the database already."""
    offered: Offered
    sections: Sections
    """All there is to tell; the recipient gets what it may read of it."""
    seal: Seal


def submit(uow: UnitOfWork[Store], vault: Vault, submission: Submission) -> Submitted:
    """Record a referral and, unless it is to stay a draft, send it.

    Raises `InvalidError`, `NotFoundError` for somebody else's person, or what `find_route` raises.
    """
    offered = _offered(uow, submission.service_id)
    known = whom(uow, vault, submission)
    asked = own_question(uow, submission.advice_id)
    referral = _begun(uow, submission, known.person)
    seal = _record(uow, vault, referral, known, submission)
    if asked:
        turn_into_referral(uow, asked, referral.id)
    if submission.draft:
        draft = _drafted(referral, offered.service, version=1)
        uow.store.handoffs.add(draft)
        return Submitted(referral=referral, handoff=draft)
    sections = with_person(submission.sections, known.person)
    handoff = _drafted(referral, offered.service)
    return _send(
        uow,
        _Outgoing(
            referral=referral,
            handoff=handoff,
            kept=False,
            offered=offered,
            sections=sections,
            seal=seal,
        ),
    )


def preview(uow: UnitOfWork[Store], vault: Vault, submission: Submission) -> Preview:
    """Return what sending *submission* would tell whom; writes nothing.

    Raises what `submit` raises.
    """
    offered = _offered(uow, submission.service_id)
    known = whom(uow, vault, submission)
    request = Request(
        sender=organisation_of(uow),
        intent=submission.intent,
        purpose=submission.purpose,
        lawful_basis=submission.lawful_basis,
        consent=submission.consent,
    )
    sections = with_person(submission.sections, known.person)
    _, told = _way(uow, request, offered, sections)
    return Preview(service=offered.service, person=known.person, told=told)


def route(uow: UnitOfWork[Store], vault: Vault, referral_id: UUID, routing: Routing) -> Submitted:
    """Send a draft, or send a referral on to another recipient once nobody is asked any more.

    Raises `NotFoundError`, `ConflictError` (``handoff-open``, ``referral-closed``) or what `submit` raises.
    """
    referral = uow.store.referrals.lock(referral_id)
    if referral is None or referral.sender != organisation_of(uow):
        raise NotFoundError("referral")
    newest = uow.store.handoffs.of_referral(referral_id)[-1]
    require_routable(referral, newest)
    changed = _changed(referral, routing)
    offered = _offered(uow, routing.service_id or newest.service_id)
    person = uow.store.people.get(vault, referral.person_id, referral.sender, as_it_stays=True)
    key = uow.store.people.key(vault, referral.person_id)
    seal = key.seal(organisation=referral.sender, about=referral_id)
    kept = uow.store.referrals.sections(referral_id, seal)
    sent = _send(
        uow,
        _Outgoing(
            referral=changed,
            handoff=_next_draft(uow, changed, newest, offered.service),
            kept=newest.status is Status.DRAFT,
            offered=offered,
            sections=with_person({**kept, **routing.sections}, person),
            seal=seal,
        ),
    )
    uow.store.referrals.change(changed)
    uow.store.referrals.keep_sections(referral_id, routing.sections, seal)
    return sent


def _begun(uow: UnitOfWork[Store], submission: Submission, person: Person) -> Referral:
    return Referral(
        id=new_id(),
        sender=organisation_of(uow),
        person_id=person.id,
        standing=Standing.DRAFT if submission.draft else Standing.ACTIVE,
        intent=submission.intent,
        urgency=submission.urgency,
        needs=submission.needs,
        purpose=submission.purpose,
        lawful_basis=submission.lawful_basis,
        consent=submission.consent,
        based_on=submission.based_on,
        created_at=uow.now,
        created_by=uow.actor.principal,
    )


def _record(
    uow: UnitOfWork[Store], vault: Vault, referral: Referral, known: Known, submission: Submission
) -> Seal:
    """Write a new referral, its person where they are new, and all there is to tell; return its seal."""
    seal = known.key.seal(organisation=referral.sender, about=referral.id)
    if known.is_new:
        uow.store.people.add(vault, known.person, known.key, at=uow.now)
    uow.store.referrals.add(referral, basis_note=submission.basis_note, seal=seal)
    uow.store.referrals.keep_sections(referral.id, submission.sections, seal)
    return seal


def _send(uow: UnitOfWork[Store], outgoing: _Outgoing) -> Submitted:
    referral = outgoing.referral
    request = Request(
        sender=referral.sender,
        intent=referral.intent,
        purpose=referral.purpose,
        lawful_basis=referral.lawful_basis,
        consent=referral.consent,
    )
    way, told = _way(uow, request, outgoing.offered, outgoing.sections)
    decision = send(outgoing.handoff, way, field_names(told), at=uow.now)
    sent = decision.handoff
    if outgoing.kept:
        uow.store.handoffs.change(sent)
    else:
        uow.store.handoffs.add(sent)
    note_moves(uow, (None, sent))
    uow.store.packs.freeze(sent, told, outgoing.seal, at=uow.now)
    uow.store.deadlines.follow((None, sent))
    command = Command(action=Action.SEND)
    uow.store.steps.add(
        Made(handoff=sent, command=command, by=Party.SENDER, actor=uow.actor, at=uow.now)
    )
    for event in decision.events:
        uow.emit(event)
    return Submitted(referral=referral, handoff=sent, told=field_names(told))


def _way(
    uow: UnitOfWork[Store], request: Request, offered: Offered, sections: Sections
) -> tuple[Route, Sections]:
    """Return the way that is open, and what of *sections* its recipient may read."""
    service = offered.service
    way = find_route(request, service, offered.agreements, on=uow.now.date())
    told = disclosed(
        sections,
        asked=service.asks_for,
        agreed=way.agreement.sections if way.agreement else None,
        consent=request.consent,
    )
    if request.intent is Intent.DUTY_TO_REFER:
        kind = uow.store.copies.kind(service.recipient)
        return way, notification(told, recipient_kind=kind)
    return way, told


def require_known(uow: UnitOfWork[Store], service_id: UUID) -> None:
    """Raise `InvalidError` where the directory told of no such service."""
    _offered(uow, service_id)


def _offered(uow: UnitOfWork[Store], service_id: UUID) -> Offered:
    offered = uow.store.copies.offered(service_id, organisation_of(uow))
    if offered is None:
        raise InvalidError(
            "service-unknown",
            "There is no such service in the directory.",
            errors=[FieldError(pointer="/service_id", detail="Take it from the directory.")],
        )
    return offered


def _drafted(
    referral: Referral, service: Service, *, number: int = 1, version: int = 0
) -> Handoff:
    """Return a new draft to *service*; version 0 becomes 1 when it is sent at once."""
    return Handoff(
        id=new_id(),
        referral_id=referral.id,
        number=number,
        person_id=referral.person_id,
        service_id=service.id,
        sender=referral.sender,
        recipient=service.recipient,
        version=version,
        intent=referral.intent,
        urgency=referral.urgency,
        needs=referral.needs,
        purpose=referral.purpose,
        lawful_basis=referral.lawful_basis,
        based_on=referral.based_on,
        policy=service.policy,
        created_at=referral.created_at,
    )


def _next_draft(
    uow: UnitOfWork[Store], referral: Referral, newest: Handoff, service: Service
) -> Handoff:
    """Return the kept draft with what has changed since, or a new one after a refused handoff."""
    fresh = replace(_drafted(referral, service, number=newest.number + 1), created_at=uow.now)
    if newest.status is not Status.DRAFT:
        return fresh
    kept = uow.store.handoffs.lock(newest.id)[newest.id]
    return replace(
        fresh,
        id=kept.id,
        number=kept.number,
        version=kept.version,
        created_at=kept.created_at,
    )


def _changed(referral: Referral, routing: Routing) -> Referral:
    return replace(
        referral,
        standing=Standing.ACTIVE,
        version=referral.version + 1,
        urgency=routing.urgency or referral.urgency,
        needs=referral.needs if routing.needs is None else routing.needs,
        lawful_basis=routing.lawful_basis or referral.lawful_basis,
        consent=routing.consent or referral.consent,
    )
