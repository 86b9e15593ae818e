"""Keep copies of what the directory says: names, mailboxes, and where auditors and operators are."""

from collections.abc import Sequence

from onward.contracts.directory import OrganisationPublished, ServicePublished
from onward.envelope import Envelope
from onward.identity import Role
from services.notification.storage.store import Work

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
