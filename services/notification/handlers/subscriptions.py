"""What an organisation chooses to be told by e-mail."""

from collections.abc import Sequence

from onward.contracts.notification import SubscriptionChanged
from onward.errors import StaleVersionError
from services.notification.domain.messages import Subscription
from services.notification.domain.rules import Urgency
from services.notification.handlers.inbox import organisation_of
from services.notification.storage.store import Work


def chosen(uow: Work) -> Subscription:
    """Return what the actor's organisation chose, or what holds until it does."""
    return uow.store.subscriptions.of(organisation_of(uow.actor))


def choose(
    uow: Work, *, mailbox: str | None, mail_for: Sequence[Urgency], language: str, version: int
) -> Subscription:
    """Store a choice made on *version*. Raises `StaleVersionError` when somebody chose meanwhile."""
    now_chosen = chosen(uow)
    if now_chosen.version != version:
        raise StaleVersionError(now_chosen.version)
    new = Subscription(
        organisation=now_chosen.organisation,
        mailbox=mailbox,
        mail_for=tuple(urgency for urgency in Urgency if urgency in mail_for),
        version=version + 1,
        language=language,
    )
    if not uow.store.subscriptions.keep(new, by=uow.actor.principal, now=uow.now):
        raise StaleVersionError(version + 1)
    uow.emit(
        SubscriptionChanged(
            organisation_id=new.organisation,
            own_mailbox=mailbox is not None,
            mail_for=tuple(new.mail_for),
        )
    )
    return new
