"""Services over the API, and who waits for them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.identity import Role
from onward.ids import new_id
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    allow,
    etag,
    require_version,
    revalidated,
    transactional,
)
from services.directory.domain.history import Kind
from services.directory.domain.services import Service
from services.directory.domain.waiting import Standing, standings
from services.directory.handlers import entries
from services.directory.handlers.searching import find_services
from services.directory.web.entries import service_from
from services.directory.web.entry_schemas import ServiceBody, ServiceQuery, ServiceSchema
from services.directory.web.history import remember
from services.directory.web.reach import (
    note_read,
    part_of,
    require_provider,
    this_uow,
    wanted_by,
)
from services.directory.web.schemas import StandingSchema

services = Blueprint(
    "services", __name__, url_prefix="/api/v1/services", description="What is offered."
)


@services.route("")
class Services(MethodView):
    """All services."""

    @allow()
    @revalidated
    @transactional
    @services.arguments(ServiceQuery, location="query")
    @services.response(200, ServiceSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Service]:
        """List services by name."""
        page = Page.of(query)
        rows = find_services(
            this_uow(), part_of(page), wanted_by(query), open_now=query.get("open_now", False)
        )
        return page.cut(rows, lambda row: [row.name.lower(), row.id])

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @services.arguments(ServiceBody)
    @services.response(201, ServiceSchema)
    @services.alt_response(403, description="Your organisation is not among the providers.")
    def post(self, body: Mapping[str, Any]) -> tuple[Service, dict[str, str]]:
        """List a new service that your organisation provides."""
        made = entries.publish_service(this_uow(), service_from(body, new_id(), 1))
        etag(made.version)
        return made, {"Location": f"/api/v1/services/{made.id}"}


@services.route("/<uuid:service_id>")
class OneService(MethodView):
    """One service."""

    @allow()
    @revalidated
    @transactional
    @services.response(200, ServiceSchema)
    @services.alt_response(404, description="There is none.")
    def get(self, service_id: UUID) -> Service:
        """Read a service's entry."""
        found = this_uow().store.services.get(service_id)
        etag(found.version)
        return found

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @services.arguments(ServiceBody)
    @services.response(200, ServiceSchema)
    @services.alt_response(403, description="Your organisation does not provide it.")
    @services.alt_response(409, description="Its status or its places do not allow the change.")
    @services.alt_response(412, description="Somebody changed it since you read it.")
    @services.alt_response(428, description="Send If-Match.")
    def put(self, body: Mapping[str, Any], service_id: UUID) -> Service:
        """Change a service's entry. Send If-Match."""
        wanted = service_from(body, service_id, require_version())
        changed = entries.change_service(this_uow(), wanted)
        etag(changed.version)
        return changed


@services.route("/<uuid:service_id>/queue")
class Queue(MethodView):
    """Who waits for a service."""

    @allow(Role.CASEWORKER, Role.TEAM_LEAD, Role.EDITOR, Role.PARTNER_SYSTEM)
    @transactional
    @services.arguments(PageQuery, location="query")
    @services.response(200, StandingSchema(many=True))
    @services.alt_response(403, description="Your organisation does not provide it.")
    def get(self, query: Mapping[str, Any], service_id: UUID) -> Sequence[Standing]:
        """List who waits, in order, each with the reasons for their position. Providers only."""
        service = this_uow().store.services.get(service_id)
        require_provider(service)
        ledger = this_uow().store.ledgers.read({service_id}).get(service_id)
        page = Page.of(query)
        first = int(page.after[0]) if page.after else 0
        rows = standings(ledger.queue, first, first + page.fetch) if ledger else []
        shown = page.cut(rows, lambda row: [row.position])
        note_read("queue", len(shown))
        return shown


remember(services, Kind.SERVICE, ServiceSchema)
