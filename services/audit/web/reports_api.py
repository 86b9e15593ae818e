"""The questions that are asked most, over the API: answers, files, manifests, and where handoffs stall."""

from typing import Any, Final

from flask import Response
from flask.views import MethodView

from onward.web import Page, allow, current_running, current_uow, transactional
from services.audit.domain import checkpoint as checkpoints
from services.audit.domain.bundle import MEDIA_TYPE
from services.audit.handlers import reporting
from services.audit.web import schemas
from services.audit.web.blueprint import SEARCHERS, blp, notary
from services.audit.web.log_api import entry_place, filters_of
from services.audit.web.views import entry_view


@blp.route("/reports/<name>")
class Reports(MethodView):
    """The questions that are asked most."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.ReportQuery, location="query")
    @blp.response(200, schemas.Entry(many=True))
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any], name: str) -> Any:
        """Ask one of them, such as `who-saw`, `worker-read`, `left`, `break-glass` or `retention`."""
        page = Page.of(query)
        found = reporting.answer(
            current_uow(),
            reporting.report_called(name),
            filters_of(query),
            notary(),
            before=page.after_one,
            limit=page.fetch,
        )
        return [entry_view(entry) for entry in page.cut(found, entry_place)]


@blp.route("/reports/<name>/file")
class ReportFile(MethodView):
    """A report to take away."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.ReportFileQuery, location="query")
    @blp.response(200, content_type="text/csv", example="leaf,occurred,event,action,who\n")
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any], name: str) -> Response:
        """Get all of a report as CSV, JSON lines or Parquet, streamed; the same bytes for the same `size`."""
        return report_file(query, name)


@blp.route("/reports/<name>/manifest")
class ReportManifest(MethodView):
    """What a report's file is made of."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.ReportFileQuery, location="query")
    @blp.response(200, schemas.Manifest)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any], name: str) -> Any:
        """Get the number of rows and the SHA-256 of that file, and the checkpoint it is answered from."""
        asked, checkpoint = _asked(query, name)
        database = current_running().database
        return reporting.manifest_of(database, asked, checkpoint, query["format"])


@blp.route("/stalls")
class Stalls(MethodView):
    """Where handoffs wait."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.StallsQuery, location="query")
    @blp.response(200, schemas.Stall(many=True))
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any]) -> Any:
        """See after which step, at which service, handoffs wait longest: the worst 100 of a period."""
        return reporting.where_handoffs_stall(
            current_uow(), notary(), since=query.get("since"), until=query.get("until")
        )


_KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": MEDIA_TYPE,
    "parquet": "application/vnd.apache.parquet",
}


def report_file(query: dict[str, Any], name: str) -> Response:
    """Return a report's file, streamed, with the size of the log that it is answered from in its name."""
    asked, _ = _asked(query, name)
    format_ = query["format"]
    content = reporting.file_of(current_running().database, asked, format_)
    response = Response(content, content_type=_KINDS[format_])
    file = f"onward-{name}-{asked.size}.{format_}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _asked(query: dict[str, Any], name: str) -> tuple[reporting.Asked, checkpoints.Checkpoint]:
    return reporting.ask_for_file(
        current_uow(),
        reporting.report_called(name),
        filters_of(query),
        notary(),
        size=query.get("size"),
        format_=query["format"],
    )
