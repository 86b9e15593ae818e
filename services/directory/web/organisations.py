"""Organisations over the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.identity import Role
from onward.ids import new_id
from onward.web import Blueprint, Page, allow, etag, require_version, revalidated, transactional
from services.directory.domain.history import Kind
from services.directory.domain.organisations import Organisation
from services.directory.handlers import entries
from services.directory.web.entries import organisation_from
from services.directory.web.entry_schemas import ListQuery, OrganisationBody, OrganisationSchema
from services.directory.web.history import remember
from services.directory.web.reach import own_sandbox, part_of, this_uow

organisations = Blueprint(
    "organisations", __name__, url_prefix="/api/v1/organisations", description="Who there is."
)


@organisations.route("")
class Organisations(MethodView):
    """All organisations."""

    @allow()
    @revalidated
    @transactional
    @organisations.arguments(ListQuery, location="query")
    @organisations.response(200, OrganisationSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Organisation]:
        """List organisations by name."""
        page = Page.of(query)
        rows = this_uow().store.organisations.part(
            part_of(page), text=query.get("q"), sandbox=own_sandbox()
        )
        return page.cut(rows, lambda row: [row.name.lower(), row.id])

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @organisations.arguments(OrganisationBody)
    @organisations.response(201, OrganisationSchema)
    @organisations.alt_response(409, description="The directory lists the identifier already.")
    def post(self, body: Mapping[str, Any]) -> tuple[Organisation, dict[str, str]]:
        """List a new organisation."""
        made = entries.publish_organisation(this_uow(), organisation_from(body, new_id(), 1))
        etag(made.version)
        return made, {"Location": f"/api/v1/organisations/{made.id}"}


@organisations.route("/<uuid:organisation_id>")
class OneOrganisation(MethodView):
    """One organisation."""

    @allow()
    @revalidated
    @transactional
    @organisations.response(200, OrganisationSchema)
    @organisations.alt_response(404, description="There is none.")
    def get(self, organisation_id: UUID) -> Organisation:
        """Read an organisation's entry."""
        found = this_uow().store.organisations.get(organisation_id)
        etag(found.version)
        return found

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @organisations.arguments(OrganisationBody)
    @organisations.response(200, OrganisationSchema)
    @organisations.alt_response(403, description="It is another organisation's entry.")
    @organisations.alt_response(412, description="Somebody changed it since you read it.")
    @organisations.alt_response(428, description="Send If-Match.")
    def put(self, body: Mapping[str, Any], organisation_id: UUID) -> Organisation:
        """Change an organisation's entry: your own, or any as an operator. Send If-Match."""
        wanted = organisation_from(body, organisation_id, require_version())
        changed = entries.change_organisation(this_uow(), wanted)
        etag(changed.version)
        return changed


remember(organisations, Kind.ORGANISATION, OrganisationSchema)
