"""Keep copies of what the directory says: names, mailboxes, queues, and where auditors and operators are."""

from collections.abc import Sequence

from onward.contracts.directory import (
    OrganisationPublished,
    PartnerQueueChanged,
    ServicePublished,
)
from onward.envelope import Envelope
from onward.identity import Role
from services.notification.storage.store import Work

CLOSED = "closed"
WATCHING = frozenset({Role.AUDITOR, Role.OPERATOR})


def learn_organisations(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep organisations' names and mailboxes."""
    events = [envelope.event for envelope in envelopes]
    uow.store.copies.keep_organisations(
        [event for event in events if isinstance(event, OrganisationPublished)]
    )


def learn_services(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep services' names, mailboxes and who answers for them."""
    events = [envelope.event for envelope in envelopes]
    uow.store.copies.keep_services(
        [event for event in events if isinstance(event, ServicePublished)]
    )


def learn_watchers(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep which organisations have auditors or operators: a sign-in is the only event that shows a role."""
    watching = [
        envelope.actor.organisation
        for envelope in envelopes
        if envelope.actor.organisation and envelope.actor.role in WATCHING
    ]
    if watching:
        uow.store.copies.keep_watchers(watching, uow.now)


def learn_queues(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep which organisations' systems are told on a queue of the broker, each given once."""
    events = [one.event for one in envelopes if isinstance(one.event, PartnerQueueChanged)]
    opened = [event.organisation_id for event in events if event.change != CLOSED]
    closed = [event.organisation_id for event in events if event.change == CLOSED]
    if opened:
        uow.store.copies.open_queues(opened, uow.now)
    if closed:
        uow.store.copies.close_queues(closed)
        uow.store.messages.skip_queued(closed, uow.now)
