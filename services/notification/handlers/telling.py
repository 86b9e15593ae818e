"""Tell organisations what they hear of: whole batches in a few statements."""

from collections.abc import Sequence
from uuid import UUID

from onward.contracts.audit import TamperingFound
from onward.contracts.directory import PlaceRefused
from onward.contracts.referral import AdviceEvent, HandoffEvent
from onward.envelope import Envelope
from onward.errors import Retryable
from onward.inbox import each, in_order
from services.notification.domain.messages import Subject, Told
from services.notification.domain.payload import facts_of
from services.notification.domain.people import reached
from services.notification.domain.rules import parties, rules_for, telling_by, tellings
from services.notification.handlers.calendars import note_dates
from services.notification.storage.store import Work


@in_order
def tell(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Tell both sides of handoffs and questions what the rules say, and their systems every step."""
    told: list[Told] = []
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, HandoffEvent | AdviceEvent):
            subject = _subject_of(envelope, event)
            said = {telling.organisation: telling for telling in tellings(event)}
            told += [
                Told(
                    subject=subject,
                    organisation=party,
                    telling=said.get(party),
                    other=event.sender if party == event.recipient else event.recipient,
                )
                for party in parties(event)
            ]
    tell_all(uow, told)
    note_dates(uow, envelopes)


@each
def tell_provider(uow: Work, envelope: Envelope) -> None:
    """Tell whoever answers for a service that its ledger could not give a place as asked."""
    event = envelope.event
    if not isinstance(event, PlaceRefused):
        return
    provider = uow.store.copies.provider(event.service_id)
    if provider is None:
        raise Retryable(f"service {event.service_id} is not known yet")
    subject = subject_of(
        envelope,
        about=event.referral_id,
        handoff_id=event.handoff_id,
        service_id=event.service_id,
    )
    (rule,) = rules_for(event)
    telling = telling_by(rule, event, organisation=provider)
    tell_all(uow, [Told(subject=subject, organisation=provider, telling=telling)])


@each
def raise_alarm(uow: Work, envelope: Envelope) -> None:
    """Tell every auditor and operator, and outside the application the organisations known to have some."""
    event = envelope.event
    if not isinstance(event, TamperingFound):
        return
    subject = subject_of(envelope, about=event.log_id)
    watchers = set(uow.store.copies.watchers())
    (rule,) = rules_for(event)
    told = [
        Told(
            subject=subject,
            organisation=organisation,
            telling=telling_by(rule, event, organisation=organisation),
            outside=organisation in watchers,
        )
        for organisation in sorted(watchers.union(uow.store.copies.organisations()))
    ]
    tell_all(uow, told)


def tell_all(uow: Work, told: Sequence[Told]) -> None:
    """Tell organisations, their systems, and beside them those of their workers who are to be told."""
    if not told:
        return
    uow.store.telling.all(told, uow.now)
    listening = uow.store.telling.listening(
        {each.organisation for each in told}, {each.subject.key for each in told}
    )
    uow.wake(listening.systems)
    if wanting := listening.workers.intersection(
        each.organisation for each in told if each.telling
    ):
        circle = uow.store.people.everybody(wanting, uow.now)
        personal = [(each, one) for each in told for one in reached(each, circle)]
        uow.store.telling.people(personal, uow.now)


def _subject_of(envelope: Envelope, event: HandoffEvent | AdviceEvent) -> Subject:
    if isinstance(event, AdviceEvent):
        return subject_of(envelope, about=event.advice_id, service_id=event.service_id)
    return subject_of(
        envelope,
        about=event.referral_id,
        handoff_id=event.handoff_id,
        service_id=event.service_id,
    )


def subject_of(
    envelope: Envelope,
    *,
    about: UUID,
    handoff_id: UUID | None = None,
    service_id: UUID | None = None,
) -> Subject:
    """Return the event that is told of, as far as telling it needs."""
    return Subject(
        event_id=envelope.id,
        key=envelope.event.key,
        correlation_id=envelope.correlation_id,
        about=about,
        handoff_id=handoff_id,
        service_id=service_id,
        occurred_at=envelope.occurred_at,
        facts=facts_of(envelope.event),
    )
