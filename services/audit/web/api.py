"""The audit service's API: trails, leaves, checkpoints, proofs, bundles."""

from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView

from onward.identity import Role
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    allow,
    current_running,
    current_uow,
    public,
    transactional,
)
from services.audit.domain import checkpoint as checkpoints
from services.audit.domain.bundle import MEDIA_TYPE
from services.audit.domain.leaf import Entry
from services.audit.domain.proofs import LARGEST
from services.audit.domain.trail import Step
from services.audit.handlers import exporting, proving, reading, reconciling, reporting, witnessing
from services.audit.handlers.notary import Notary, notary_of
from services.audit.storage.entries import Filters
from services.audit.storage.exports import Export
from services.audit.web import schemas
from services.audit.web.views import entry_view, trail_view

SEARCHERS: Final = (Role.AUDITOR, Role.OPERATOR)
READERS: Final = (*SEARCHERS, Role.TEAM_LEAD)
"""A team lead reads the trails of referrals that their organisation is party to."""

# The example of the tlog-checkpoint specification, and a key and a header as this log writes them.
_CHECKPOINT: Final = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
_KEY: Final = "onward.example/audit+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
_HEADER: Final = '{"format":"onward-audit-bundle/1","kind":"header","leaves":27,"size":5021}'

blp = Blueprint(
    "audit",
    __name__,
    url_prefix="/api/v1/audit",
    description="Evidence: who did what, who saw what, and the proof that nothing was changed",
)


def notary() -> Notary:
    """Return who signs here."""
    return notary_of(current_running())


@blp.route("/trails/<uuid:referral_id>")
class Trails(MethodView):
    """The story of one referral."""

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.TrailQuery, location="query")
    @blp.response(200, schemas.Trail)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query: dict[str, Any], referral_id: UUID) -> Any:
        """Read everything that happened to a referral, reads included, in order of time."""
        page = Page.of(query)
        read = reading.read_trail(current_uow(), referral_id, notary())
        steps = list(read.trail.steps)
        if page.after:
            steps = [step for step in steps if _place(step) > list(page.after)]
        return trail_view(read, list(page.cut(steps[: page.fetch], _place)))


@blp.route("/entries")
class Entries(MethodView):
    """The log, searched."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.EntriesQuery, location="query")
    @blp.response(200, schemas.Entry(many=True))
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any]) -> Any:
        """Search the log, newest first."""
        page = Page.of(query)
        found = reading.search(
            current_uow(),
            filters_of(query),
            notary(),
            before=page.after_one,
            limit=page.fetch,
        )
        return [entry_view(entry) for entry in page.cut(found, entry_place)]


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


@blp.route("/completeness")
class Completeness(MethodView):
    """The log against the services' own records."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, schemas.Completeness)
    def get(self) -> Any:
        """See whether every handoff and disclosure that the referral service stated has its leaf."""
        return reconciling.completeness(current_uow())


@blp.route("/checkpoint")
class Checkpoint(MethodView):
    """What was signed last."""

    @public
    @transactional
    @blp.response(200, content_type="text/plain", example=_CHECKPOINT)
    @blp.alt_response(409, "CONFLICT")
    def get(self) -> Response:
        """Get the newest signed checkpoint (C2SP tlog-checkpoint). Keep it: it binds us."""
        return _text(proving.latest_checkpoint(current_uow(), notary()).note)


@blp.route("/checkpoints")
class Checkpoints(MethodView):
    """What was signed over time."""

    @allow()
    @transactional
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, schemas.SignedCheckpoint(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List the checkpoints, newest first, with who countersigned them."""
        page = Page.of(query)
        before = int(page.after[0]) if page.after else None
        found = witnessing.history(current_uow().store, before=before, limit=page.fetch)
        return page.cut(found, lambda signed: [signed.checkpoint.size])


@blp.route("/checkpoints/<int:size>")
class CheckpointOver(MethodView):
    """What was signed once."""

    @public
    @transactional
    @blp.response(200, content_type="text/plain", example=_CHECKPOINT)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, size: int) -> Response:
        """Get the checkpoint over so many leaves, with the countersignatures under it."""
        return _text(witnessing.signed_over(current_uow().store, min(size, LARGEST)).note)


@blp.route("/witnesses")
class Witnesses(MethodView):
    """Who watches the log from outside."""

    @allow()
    @transactional
    @blp.response(200, schemas.Witness(many=True))
    def get(self) -> Any:
        """List the witnesses, and what each saw last."""
        return current_uow().store.witnesses.sights()

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.NewWitness)
    @blp.response(201, schemas.Witness)
    @blp.alt_response(409, "CONFLICT")
    def post(self, new: dict[str, Any]) -> Any:
        """Take countersignatures by a key from now on."""
        return witnessing.add_witness(current_uow(), new["key"], new["organisation_id"])


@blp.route("/witnesses/<uuid:witness_id>")
class OneWitness(MethodView):
    """One witness."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, witness_id: UUID) -> None:
        """Take no more countersignatures of a witness; what it countersigned stays."""
        witnessing.remove_witness(current_uow(), witness_id)


@blp.route("/cosignatures")
class Cosignatures(MethodView):
    """Countersignatures."""

    @public
    @transactional
    @blp.arguments(schemas.NewCosignature)
    @blp.response(201, schemas.Cosignature)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, Any]) -> Any:
        """Countersign a checkpoint as a witness. The signature says who it is: no token is needed."""
        return witnessing.take_cosignature(current_uow(), new["size"], new["line"])


@blp.route("/key")
class Key(MethodView):
    """The key that signs."""

    @public
    @blp.response(200, content_type="text/plain", example=_KEY)
    def get(self) -> Response:
        """Get the log's public key (C2SP signed-note, Ed25519)."""
        return _text(f"{notary().key}\n")


@blp.route("/proofs")
class Proofs(MethodView):
    """Proofs about the tree."""

    @public
    @transactional
    @blp.arguments(schemas.ProofQuery, location="query")
    @blp.response(200, schemas.Proof)
    @blp.alt_response(409, "CONFLICT")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, int]) -> Any:
        """Get the proof that a leaf is in a tree (`leaf`, `size`), or that it only grew (`from`, `to`).

        Proofs hold hashes alone, so that anybody may ask for any.
        """
        store = current_uow().store
        if "leaf" in query:
            return proving.prove_inclusion(store, query["leaf"], query["size"])
        return proving.prove_consistency(store, query["old"], query["new"])


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


def filters_of(query: dict[str, Any]) -> Filters:
    """Return the filters that a loaded query asks for."""
    return Filters(**{name: query[name] for name in Filters.__slots__ if name in query})


def entry_place(entry: Entry) -> list[int]:
    """Return where an entry stands in a search's order."""
    return [entry.number]


def _place(step: Step) -> list[Any]:
    return [step.facts.occurred.isoformat(timespec="microseconds"), step.number]


def _made(export: Export) -> list[str]:
    return [export.made_at.isoformat(), str(export.id)]


def _text(content: str) -> Response:
    return Response(content, content_type="text/plain; charset=utf-8")
