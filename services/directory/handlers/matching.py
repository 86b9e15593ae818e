"""Tell whom a service takes, and find the services that suit one person best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from onward.database import UnitOfWork
from services.directory.domain import eligibility
from services.directory.domain.eligibility import Assessment, Eligibility, Outcome
from services.directory.domain.matching import (
    Particulars,
    Search,
    Standing,
    at_hours,
    rank,
    stand,
)
from services.directory.domain.matching_reasons import Explained, explain, hours_now
from services.directory.domain.services import Service
from services.directory.storage.store import Store

FOREMOST: Final = 40
"""Of how many at least it is looked up whether they are open, where that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What a search comes to."""

    matches: Sequence[Explained]
    considered: int
    """Services that were looked at."""
    ineligible: int
    """Of these, services that do not take the person."""
    complete: bool
    """False where there are more for the person's area, or for everybody, than are looked at."""


def eligibility_of(store: Store, service: Service) -> Eligibility | None:
    """Return whom *service* takes; None where neither it nor its programme says."""
    document = service.eligibility
    if document is None and service.programme:
        document = store.programmes.get(service.programme).eligibility
    return None if document is None else eligibility.read(document)


def assess(store: Store, service: Service, said: Mapping[str, Any]) -> Assessment:
    """Return whether *service* is for the person of whom *said* states facts.

    Raises `InvalidError` for a fact that no rule asks for, or of the wrong kind.
    """
    rules = eligibility_of(store, service)
    facts = eligibility.read_facts(said, rules.own if rules else {})
    return eligibility.assess(rules, facts)


def find_matches(
    uow: UnitOfWork[Store], search: Search, *, limit: int, with_ineligible: bool
) -> Matches:
    """Return the *limit* services that suit *search* best, the foremost first, each with its reasons."""
    home = search.home
    found = uow.store.offers.find(search)
    standings = [stand(offer, search, home) for offer in found.offers]
    takes = [one for one in standings if one.outcome is not Outcome.INELIGIBLE]
    shown = rank(standings if with_ineligible else takes)
    foremost = shown[: max(limit, FOREMOST) if search.open_then else limit]
    known = uow.store.offers.particulars([one.offer.service_id for one in foremost], uow.now)
    if search.open_then:
        foremost = rank(_at_hours(one, known[one.offer.service_id], search) for one in foremost)
    return Matches(
        matches=[explain(one, search, known[one.offer.service_id]) for one in foremost[:limit]],
        considered=len(standings),
        ineligible=len(standings) - len(takes),
        complete=found.complete,
    )


def _at_hours(standing: Standing, known: Particulars, search: Search) -> Standing:
    return at_hours(standing, hours_now(known, search)[0].state)
