"""The history of an entry over the API: every version with what it changed, and the way back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.errors import NotFoundError
from onward.identity import Role
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    allow,
    etag,
    require_version,
    transactional,
)
from onward.web.schemas import Schema, UtcDateTime, Whole
from services.directory.domain.agreements import Agreement
from services.directory.domain.history import Entry, Kind, Version
from services.directory.handlers import versions
from services.directory.web.reach import is_visible, this_uow

MOST_VERSIONS = 1_000_000


class FactSchema(Schema):
    """One fact that a version changed."""

    pointer = fields.String(metadata={"example": "/limits/maximum_stay_days"})
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class VersionSchema(Schema):
    """One version of an entry: when, by whom, and what it changed."""

    version = fields.Integer(attribute="change.version")
    changed_at = UtcDateTime(
        attribute="change.at",
        allow_none=True,
        metadata={"description": "Null for what is older than the directory remembers."},
    )
    role = fields.String(attribute="change.role", allow_none=True)
    organisation = fields.UUID(attribute="change.organisation", allow_none=True)
    restores = fields.Integer(
        attribute="change.restores",
        allow_none=True,
        metadata={"description": "The earlier version whose facts it put back."},
    )
    facts = fields.List(fields.Nested(FactSchema))


class RestoreBody(Schema):
    """What to go back to."""

    version = Whole(1, MOST_VERSIONS, required=True)


def seen(kind: Kind, entry_id: UUID) -> Entry:
    """Return an entry that the caller may see. Raises `NotFoundError`."""
    found = versions.current(this_uow(), kind, entry_id)
    if isinstance(found, Agreement) and not is_visible(found):
        raise NotFoundError(kind)
    return found


def remember(blueprint: Blueprint, kind: Kind, schema: type[Schema]) -> None:
    """Let *blueprint* tell the history of its entries, which *schema* writes."""

    @blueprint.route("/<uuid:entry_id>/history")
    class History(MethodView):
        """Every version of one entry."""

        @allow()
        @transactional
        @blueprint.arguments(PageQuery, location="query")
        @blueprint.response(200, VersionSchema(many=True))
        @blueprint.alt_response(404, description="There is none, or it is not yours to see.")
        def get(self, query: Mapping[str, Any], entry_id: UUID) -> Sequence[Version]:
            """List the versions of an entry, the newest first, with what each changed."""
            page = Page.of(query)
            found = versions.history(
                this_uow(),
                seen(kind, entry_id),
                limit=page.fetch,
                below=int(page.after[0]) if page.after else None,
            )
            return page.cut(found, lambda one: [one.change.version])

    @blueprint.route("/<uuid:entry_id>/restore")
    class Restore(MethodView):
        """The way back to an earlier version."""

        @allow(Role.EDITOR, Role.OPERATOR)
        @transactional
        @blueprint.arguments(RestoreBody)
        @blueprint.response(200, schema)
        @blueprint.alt_response(403, description="Your organisation does not answer for it.")
        @blueprint.alt_response(409, description="The earlier version does not fit any longer.")
        @blueprint.alt_response(412, description="Somebody changed it since you read it.")
        @blueprint.alt_response(428, description="Send If-Match.")
        def post(self, body: Mapping[str, Any], entry_id: UUID) -> Entry:
            """Put an earlier version's facts back, as a new version. Send If-Match."""
            found = versions.restore(
                this_uow(), kind, entry_id, to=body["version"], version=require_version()
            )
            etag(found.version)
            return found
