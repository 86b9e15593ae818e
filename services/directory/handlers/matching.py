"""Tell whom a service takes, and find the services that suit one person best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from onward.database import UnitOfWork
from services.directory.domain import eligibility
from services.directory.domain.eligibility import Assessment, Eligibility, Outcome
from services.directory.domain.matching import Search, at_hours, rank, stand
from services.directory.domain.matching_reasons import Explained, explain, hours_now
from services.directory.domain.services import Service
from services.directory.storage.store import Store

FOREMOST: Final = 40
"""Of how many it is looked up whether they are open, where that counts."""


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
    ranked = rank(stand(offer, search, home) for offer in found.offers)
    takes = [one for one in ranked if one.outcome is not Outcome.INELIGIBLE]
    shown = ranked if with_ineligible else takes
    if search.open_then:
        front = [at_hours(one, hours_now(one.offer, search)[0].state) for one in shown[:FOREMOST]]
        shown = rank(front) + shown[FOREMOST:]
    shown = shown[:limit]
    counted = [one.offer.service_id for one in shown if one.offer.places]
    waits = uow.store.offers.waits(counted, uow.now) if counted else {}
    return Matches(
        matches=[explain(one, search, waits.get(one.offer.service_id)) for one in shown],
        considered=len(ranked),
        ineligible=len(ranked) - len(takes),
        complete=found.complete,
    )
