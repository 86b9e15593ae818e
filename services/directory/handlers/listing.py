"""Gather what services' entries lead to, for many at once: a few statements, however many there are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.directory.domain import eligibility
from services.directory.domain.eligibility import Eligibility
from services.directory.domain.open_referral import Named
from services.directory.domain.programmes import Programme
from services.directory.domain.services import Service
from services.directory.storage.store import Store


def named_by(
    store: Store,
    services: Sequence[Service],
    changed_at: Mapping[UUID, datetime],
    *,
    mailboxes: bool = False,
    own_rules: bool = False,
) -> Callable[[Service], Named]:
    """Return what tells of each of *services* what it leads to; *changed_at* is by service.

    With *own_rules* whom a service takes is what it says itself, not what its programme says.
    """
    organisations = store.organisations.many({one.recipient for one in services})
    payers = {
        funder.organisation for one in services for funder in one.funders if funder.organisation
    }
    names = store.organisations.named(payers - organisations.keys())
    names |= {id_: one.name for id_, one in organisations.items()}
    led = {one.programme for one in services if one.programme and not own_rules}
    programmes = store.programmes.many(led) if led else {}

    def named(service: Service) -> Named:
        return Named(
            organisations=organisations,
            names=names,
            eligibility=_eligibility(service, programmes),
            changed_at=changed_at.get(service.id),
            mailboxes=mailboxes,
        )

    return named


def _eligibility(service: Service, programmes: Mapping[UUID, Programme]) -> Eligibility | None:
    """Return whom *service* takes: as it says itself, else as its programme does."""
    document = service.eligibility
    programme = programmes.get(service.programme) if service.programme else None
    if document is None and programme is not None:
        document = programme.eligibility
    return eligibility.read(document) if document is not None else None
