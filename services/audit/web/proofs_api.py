"""What proves the log, over the API: checkpoints, witnesses, countersignatures, the key, proofs."""

from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.views import MethodView

from onward.web import Page, PageQuery, allow, current_uow, public, transactional
from services.audit.domain.proofs import LARGEST
from services.audit.handlers import proving, witnessing
from services.audit.web import schemas
from services.audit.web.blueprint import SEARCHERS, blp, notary

# The example of the tlog-checkpoint specification, and a key and a header as this log writes them.
_CHECKPOINT: Final = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q"
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
_KEY: Final = "onward.example/audit+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


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


def _text(content: str) -> Response:
    return Response(content, content_type="text/plain; charset=utf-8")
