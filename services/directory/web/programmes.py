"""Programmes over the API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.identity import Role
from onward.ids import new_id
from onward.web import Blueprint, Page, allow, etag, require_version, revalidated, transactional
from services.directory.domain.history import Kind
from services.directory.domain.programmes import Programme
from services.directory.handlers import entries
from services.directory.web.entries import programme_from
from services.directory.web.entry_schemas import ProgrammeBody, ProgrammeQuery, ProgrammeSchema
from services.directory.web.history import remember
from services.directory.web.reach import part_of, this_uow

programmes = Blueprint(
    "programmes",
    __name__,
    url_prefix="/api/v1/programmes",
    description="What several services belong to.",
)


@programmes.route("")
class Programmes(MethodView):
    """All programmes."""

    @allow()
    @revalidated
    @transactional
    @programmes.arguments(ProgrammeQuery, location="query")
    @programmes.response(200, ProgrammeSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Programme]:
        """List programmes by name."""
        page = Page.of(query)
        rows = this_uow().store.programmes.part(
            part_of(page), text=query.get("q"), lead=query.get("lead")
        )
        return page.cut(rows, lambda row: [row.name.lower(), row.id])

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @programmes.arguments(ProgrammeBody)
    @programmes.response(201, ProgrammeSchema)
    @programmes.alt_response(403, description="Your organisation does not lead it.")
    def post(self, body: Mapping[str, Any]) -> tuple[Programme, dict[str, str]]:
        """List a new programme that your organisation leads."""
        made = entries.publish_programme(this_uow(), programme_from(body, new_id(), 1))
        etag(made.version)
        return made, {"Location": f"/api/v1/programmes/{made.id}"}


@programmes.route("/<uuid:programme_id>")
class OneProgramme(MethodView):
    """One programme."""

    @allow()
    @revalidated
    @transactional
    @programmes.response(200, ProgrammeSchema)
    @programmes.alt_response(404, description="There is none.")
    def get(self, programme_id: UUID) -> Programme:
        """Read a programme's entry."""
        found = this_uow().store.programmes.get(programme_id)
        etag(found.version)
        return found

    @allow(Role.EDITOR, Role.OPERATOR)
    @transactional
    @programmes.arguments(ProgrammeBody)
    @programmes.response(200, ProgrammeSchema)
    @programmes.alt_response(403, description="Your organisation does not lead it.")
    @programmes.alt_response(412, description="Somebody changed it since you read it.")
    @programmes.alt_response(428, description="Send If-Match.")
    def put(self, body: Mapping[str, Any], programme_id: UUID) -> Programme:
        """Change a programme's entry. Send If-Match."""
        wanted = programme_from(body, programme_id, require_version())
        changed = entries.change_programme(this_uow(), wanted)
        etag(changed.version)
        return changed


remember(programmes, Kind.PROGRAMME, ProgrammeSchema)
