"""Hear every event, and give each exactly one leaf."""

from collections.abc import Sequence
from uuid import UUID

from onward.contracts.directory import OrganisationPublished, ServicePublished, SessionEnded
from onward.contracts.referral import HandoffRequested
from onward.database import UnitOfWork
from onward.envelope import Envelope
from onward.inbox import in_order
from onward.web.sessions import remember_ended_sessions
from services.audit.domain.leaf import leaf_of
from services.audit.domain.tree import grow
from services.audit.handlers.reconciling import take_statements
from services.audit.storage.store import Store


@in_order
def hear(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Append a leaf per event; remember what reading the log needs from some."""
    append(uow, envelopes)
    remember_names(uow, envelopes)
    remember_parties(uow, envelopes)
    take_statements(uow, envelopes)
    if ended := [each for each in envelopes if isinstance(each.event, SessionEnded)]:
        remember_ended_sessions(uow, ended)


def append(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Append the leaves of *envelopes* in their order; those that have theirs get no other.

    The inbox drops what it has seen; that an event has one leaf must hold without it too.
    """
    leaves = [leaf_of(envelope, recorded=uow.now) for envelope in envelopes]
    log = uow.store.log
    edge = log.head(lock=True)
    known = log.known([leaf.event_id for leaf in leaves])
    fresh = [leaf for leaf in leaves if leaf.event_id not in known]
    if fresh:
        log.append(fresh, grow(edge, [leaf.hash for leaf in fresh]))


def remember_names(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep the public names that trails are read with; leaves hold ids only."""
    events = [envelope.event for envelope in envelopes]
    organisations = {
        each.subject: each.name for each in events if isinstance(each, OrganisationPublished)
    }
    services = {each.subject: each.name for each in events if isinstance(each, ServicePublished)}
    for kind, names in (("organisation", organisations), ("service", services)):
        if names:
            uow.store.partners.name(kind, names)


def remember_parties(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep who may read which referral's trail, those it was handed between, and whom it is about."""
    parties: set[tuple[UUID, UUID]] = set()
    persons: set[tuple[UUID, UUID]] = set()
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, HandoffRequested):
            parties |= {(event.referral_id, who) for who in (event.sender, event.recipient)}
            persons.add((event.person_id, event.referral_id))
    if parties:
        uow.store.partners.join(parties)
        uow.store.partners.remember_persons(persons)
