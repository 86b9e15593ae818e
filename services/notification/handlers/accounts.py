"""Follow who may act for an organisation: keep it, and tell who leads there, and whom it is about."""

from collections.abc import Sequence

from onward.contracts.directory import AccountChanged
from onward.envelope import Envelope
from services.notification.domain.messages import Told
from services.notification.domain.people import themself
from services.notification.domain.rules import (
    ACCOUNT_RULES,
    OF_SYSTEMS,
    OF_WORKERS,
    OWN_ROLE,
    Rule,
    telling_by,
)
from services.notification.handlers.learning import WORKER, learn_workers
from services.notification.handlers.telling import subject_of, tell_all
from services.notification.storage.store import Work

BY_ITSELF = "service:"
"""Whatever the platform does by itself, such as loading a whole directory, nobody has to look into."""


def follow_accounts(uow: Work, envelopes: Sequence[Envelope]) -> None:
    """Keep who may sign in, and tell of every account that somebody opened, changed or closed."""
    learn_workers(uow, envelopes)
    told = []
    for envelope in envelopes:
        event = envelope.event
        if isinstance(event, AccountChanged) and not envelope.actor.principal.startswith(
            BY_ITSELF
        ):
            whose = OF_WORKERS if event.principal.startswith(WORKER) else OF_SYSTEMS
            if rule := ACCOUNT_RULES.get((whose, event.change)):
                told.append(_told(envelope, event, rule))
            if (whose, event.change) == (OF_WORKERS, "changed"):
                _tell_themself(uow, envelope, event)
    tell_all(uow, told)


def _tell_themself(uow: Work, envelope: Envelope, event: AccountChanged) -> None:
    chosen = uow.store.people.preferences(event.principal)
    if chosen and chosen.organisation == event.organisation_id:
        told = _told(envelope, event, OWN_ROLE)
        uow.store.telling.people([(told, themself(told, chosen, uow.now))], uow.now)


def _told(envelope: Envelope, event: AccountChanged, rule: Rule) -> Told:
    return Told(
        subject=subject_of(envelope, about=event.organisation_id),
        organisation=event.organisation_id,
        telling=telling_by(rule, event, organisation=event.organisation_id),
        outside=False,
    )
