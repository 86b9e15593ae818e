"""Evidence to take away, over the API: bundles, and which were made."""

from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView

from onward.web import Page, PageQuery, allow, current_uow, transactional
from services.audit.domain.bundle import MEDIA_TYPE
from services.audit.handlers import exporting
from services.audit.storage.exports import Export
from services.audit.web import schemas
from services.audit.web.blueprint import READERS, blp, notary

_HEADER: Final = '{"format":"onward-audit-bundle/1","kind":"header","leaves":27,"size":5021}'


@blp.route("/exports")
class Exports(MethodView):
    """Bundles."""

    @allow(*READERS)
    @transactional
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, schemas.Export(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List the bundles that were made, newest first: your organisation's, or all for auditors."""
        page = Page.of(query)
        found = exporting.list_exports(current_uow(), notary(), after=page.after, limit=page.fetch)
        return page.cut(found, _made)

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.NewExport)
    @blp.response(201, schemas.Export)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, new: dict[str, UUID]) -> Any:
        """Make the bundle of one referral: leaves, proofs, checkpoint, for checking elsewhere."""
        made = exporting.export_trail(current_uow(), new["referral_id"], notary()).export
        return made, {"Location": f"/api/v1/audit/exports/{made.id}"}


@blp.route("/exports/<uuid:export_id>")
class OneExport(MethodView):
    """The record of one bundle."""

    @allow(*READERS)
    @transactional
    @blp.response(200, schemas.Export)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, export_id: UUID) -> Any:
        """Read what a bundle was made of, and its hash."""
        return exporting.read_export(current_uow(), export_id)


@blp.route("/exports/<uuid:export_id>/bundle")
class Bundle(MethodView):
    """The bundle itself."""

    @allow(*READERS)
    @transactional
    @blp.response(200, content_type=MEDIA_TYPE, example=_HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def get(self, export_id: UUID) -> Response:
        """Get the file, JSON lines; `onward audit verify` checks it with the log's key alone."""
        return bundle_file(exporting.made_again(current_uow(), export_id, notary()))


def bundle_file(made: exporting.Bundled) -> Response:
    """Return a bundle as a file to keep."""
    response = Response(made.content, content_type=MEDIA_TYPE)
    name = f"onward-{made.export.referral}-{made.export.size}.jsonl"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _made(export: Export) -> list[str]:
    return [export.made_at.isoformat(), str(export.id)]
