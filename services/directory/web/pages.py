"""The directory's pages: find a service, see what it offers, what room it has, and who provides it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import flask
from flask import request
from marshmallow import ValidationError

from onward.identity import Role
from onward.web import Page, allow, current_actor, transactional
from onward.web.blueprints import invalid
from onward.web.paging import next_url
from services.directory.domain import eligibility
from services.directory.domain.days import day_of
from services.directory.domain.eligibility import Eligibility
from services.directory.domain.places import CapacityKind
from services.directory.domain.seats import Ledger
from services.directory.domain.services import Service, ServiceStatus
from services.directory.domain.waiting import Standing, standings
from services.directory.handlers.matching import eligibility_of
from services.directory.handlers.searching import find_services
from services.directory.storage.listing import Part
from services.directory.storage.services import Wanted
from services.directory.web.drawing import counted, drawn
from services.directory.web.editing.entries import may_edit
from services.directory.web.entry_schemas import ServiceQuery
from services.directory.web.headcount_pages import may_count
from services.directory.web.opening import stands
from services.directory.web.place_pages import may_build
from services.directory.web.placement_pages import told_of_placements
from services.directory.web.reach import (
    SEES_ALL,
    is_provider,
    note_read,
    part_of,
    this_uow,
    wanted_by,
)
from services.directory.web.rows import (
    area_lines,
    concluded,
    left_open,
    names_for,
    organisation_rows,
    programme_rows,
    service_rows,
)
from services.directory.web.wording import NEEDS, listed

pages = flask.Blueprint("directory_pages", __name__, template_folder="templates")
MOST_SHOWN = 200
"""Agreements, services and waiting people shown on one page at most."""
REFERS = frozenset({Role.CASEWORKER, Role.TEAM_LEAD})
COMES_BACK = frozenset({CapacityKind.SESSIONS, CapacityKind.COHORT, CapacityKind.CASELOAD})
"""Kinds to which people come more than once: sessions are counted."""
TONES = {
    ServiceStatus.ACTIVE: "green",
    ServiceStatus.PLANNED: "purple",
    ServiceStatus.PAUSED: "orange",
    ServiceStatus.CLOSED: "grey",
}
UNOPENED = {ServiceStatus.PLANNED: "Not open yet", ServiceStatus.CLOSED: "Closed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One service in the list."""

    service: Service
    providers: str
    tone: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a service takes, in words."""

    lines: tuple[str, ...]
    left_open: tuple[str, ...]


@pages.get("/directory")
@allow()
@transactional
def directory() -> str:
    """Search services by name, need, place, opening and room."""
    query = _query(request.args)
    page = Page.of(query)
    open_now = query.get("open_now", False)
    rows = find_services(this_uow(), part_of(page), wanted_by(query), open_now=open_now)
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    last = [shown[-1].name.lower(), shown[-1].id] if more else None
    return flask.render_template(
        "directory/directory.html",
        found=_found(shown),
        query=query,
        needs=NEEDS,
        statuses=list(ServiceStatus),
        later=_local(next_url(last)) if last else None,
    )


@pages.get("/directory/services/<uuid:service_id>")
@allow()
@transactional
def service(service_id: UUID) -> str:
    """Show one service, its places drawn; its providers see who has them and who waits."""
    store = this_uow().store
    found = store.services.get(service_id)
    ledger, on = store.ledgers.read([service_id]).get(service_id), day_of(this_uow().now)
    told = is_provider(found)
    places = drawn(ledger, on, told=told) if ledger else []
    queue: list[Standing] = standings(ledger.queue, 0, MOST_SHOWN) if ledger and told else []
    counted = told and found.capacity_kind in COMES_BACK
    begun = store.histories.begun(service_id)[:MOST_SHOWN] if counted else []
    note_read("places", sum(len(place.claims) for place in places) + len(queue) + len(begun))
    return flask.render_template(
        "directory/service.html",
        service=found,
        may_edit=may_edit(found),
        rows=service_rows(found, names_for(store, found)),
        needs=listed(found.needs, NEEDS),
        whom=whom(eligibility_of(store, found)),
        areas=area_lines(found),
        opening=stands(found, this_uow().now),
        left_open=left_open(found.provenance),
        concluded=concluded(found.provenance),
        tone=TONES[found.status],
        room=ledger.room(on) if ledger else None,
        room_said=room_said(found, ledger),
        places=places,
        queue=queue,
        begun=begun,
        ceiling=found.limits.sessions_per_person,
        told=told,
        may_count=may_count(found),
        may_build=may_build(found) and found.capacity_kind.can_be_counted,
        answers=current_actor().organisation == found.recipient,
        refers=current_actor().role in REFERS and not told,
    )


@pages.get("/directory/programmes/<uuid:programme_id>")
@allow()
@transactional
def programme(programme_id: UUID) -> str:
    """Show one programme, and the services that belong to it."""
    store = this_uow().store
    found = store.programmes.get(programme_id)
    part = Part(limit=MOST_SHOWN)
    return flask.render_template(
        "directory/programme.html",
        programme=found,
        may_edit=may_edit(found),
        rows=programme_rows(found, names_for(store, found)),
        whom=whom(eligibility.read(found.eligibility) if found.eligibility else None),
        left_open=left_open(found.provenance),
        concluded=concluded(found.provenance),
        tone=TONES[found.status],
        found=_found(store.services.part(part, Wanted(programme=programme_id))),
    )


@pages.get("/directory/organisations/<uuid:organisation_id>")
@allow()
@transactional
def organisation(organisation_id: UUID) -> str:
    """Show one organisation, its services, and, to its own people, with whom it shares."""
    store = this_uow().store
    found = store.organisations.get(organisation_id)
    part = Part(limit=MOST_SHOWN)
    sees = current_actor().role in SEES_ALL or current_actor().organisation == organisation_id
    agreements = store.agreements.part(part, party=organisation_id) if sees else []
    parties = {one.from_organisation for one in agreements}
    parties |= {one.to_organisation for one in agreements}
    return flask.render_template(
        "directory/organisation.html",
        organisation=found,
        may_edit=may_edit(found),
        rows=organisation_rows(found, names_for(store, found)),
        left_open=left_open(found.provenance),
        concluded=concluded(found.provenance),
        programmes=store.programmes.part(part, lead=organisation_id),
        found=_found(store.services.part(part, Wanted(provider=organisation_id))),
        hosted=_found(store.services.part(part, Wanted(host=organisation_id))),
        paid=_found(store.services.part(part, Wanted(funder=organisation_id))),
        agreements=agreements,
        names=store.organisations.named(parties),
        sees=sees,
        **told_of_placements(found),
    )


def whom(found: Eligibility | None) -> Whom | None:
    """Return in words whom a service takes; None where nobody says."""
    if found is None:
        return None
    return Whom(lines=eligibility.in_words(found), left_open=found.unstated)


def room_said(found: Service, ledger: Ledger | None) -> str:
    """Return in words what room a service has now."""
    if found.status in UNOPENED:
        return UNOPENED[found.status]
    if ledger is not None:
        return counted(ledger.room(day_of(this_uow().now)))
    return "Open to all" if found.capacity_kind is CapacityKind.DROP_IN else "Ask the service"


def _found(services: Any) -> list[Found]:
    store = this_uow().store
    names = store.organisations.named({id_ for one in services for id_ in one.providers})
    ledgers = store.ledgers.read([one.id for one in services])
    return [
        Found(
            service=one,
            providers=", ".join(names[id_] for id_ in one.providers) or "Not stated",
            tone=TONES[one.status],
            room=room_said(one, ledgers.get(one.id)),
        )
        for one in services
    ]


def _query(arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return what was searched for; a field left empty asks for nothing."""
    said = {name: value for name, value in arguments.items() if value.strip()}
    try:
        query: dict[str, Any] = ServiceQuery().load(said)
    except ValidationError as error:
        raise invalid(error) from None
    return query


def _local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
