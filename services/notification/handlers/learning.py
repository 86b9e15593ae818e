"""Keep copies of what the directory says: names, mailboxes, queues, and who works for whom."""

from collections.abc import Sequence

from onward.contracts.directory import (
    AccountChanged,
    OrganisationPublished,
    PartnerQueueChanged,
    PlacementPublished,
    SandboxClosed,
    ServicePublished,
)
from onward.envelope import Envelope
from onward.identity import Actor, Role
from services.notification.storage.closing import forget
from services.notification.storage.store import Work

CLOSED = "closed"
WORKER = "worker:"
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


def learn_workers(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep who may sign in, for whom and in which role."""
    events = [one.event for one in envelopes if isinstance(one.event, AccountChanged)]
    accounts = [
        (
            Actor(
                principal=event.principal,
                organisation=event.organisation_id,
                role=Role(event.role),
            ),
            event.change != CLOSED,
        )
        for event in events
        if event.principal.startswith(WORKER) and event.role in set(Role)
    ]
    if accounts:
        uow.store.people.keep(accounts)


def learn_placements(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep in whose teams workers of others sit."""
    events = [one.event for one in envelopes if isinstance(one.event, PlacementPublished)]
    uow.store.people.keep_placements(events)


def learn_sign_ins(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep who is there: nothing else tells of a new role, or of accounts older than our copy."""
    there = [
        one.actor
        for one in envelopes
        if one.actor.organisation and one.actor.principal.startswith(WORKER)
    ]
    if there:
        uow.store.people.notice(there)
    _learn_watchers(uow, envelopes)


def _learn_watchers(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep which organisations have auditors or operators."""
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


def forget_sandboxes(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Let go of what those who were made up for a sandbox were told, and of where they were told."""
    closed = [one.event for one in envelopes if isinstance(one.event, SandboxClosed)]
    forget(uow.connection, [id_ for event in closed for id_ in event.organisations])
