"""Catching up over the API: everything since a moment again, or what waits for an owner who asks."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.delivery.outcome import Outcome
from onward.web import Blueprint, allow, current_running, current_uow, transactional
from onward.web.bodies import body_optional
from services.notification.handlers import endpoints, pulling
from services.notification.timers.webhooks import rendered
from services.notification.web import schemas
from services.notification.web.webhooks import KEEPERS

blp = Blueprint(
    "catching_up",
    __name__,
    url_prefix="/api/v1/webhooks",
    description="What was missed, again; what waits, when you ask for it",
)


@blp.route("/<uuid:webhook_id>/replay")
class ReplaySince(MethodView):
    """Everything since a moment."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(200, schemas.Backlog)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, webhook_id: UUID) -> Any:
        """Read how many messages wait for a webhook, to see a replay go on."""
        return {"waiting": endpoints.waiting(current_uow(), webhook_id)}

    @allow(*KEEPERS)
    @transactional
    @blp.arguments(schemas.ReplaySince)
    @blp.response(202, schemas.Backlog)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, wanted: dict[str, Any], webhook_id: UUID) -> Any:
        """Send again whatever was for a webhook since a moment, each under its own webhook-id."""
        waiting = endpoints.replay_since(current_uow(), webhook_id, wanted["since"])
        return {"waiting": waiting}


@blp.route("/<uuid:webhook_id>/pull")
class Pull(MethodView):
    """What waits, for an owner who asks."""

    @allow(*KEEPERS)
    @transactional
    @body_optional
    @blp.arguments(schemas.Pull)
    @blp.response(200, schemas.Pulled(many=True))
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, said: dict[str, Any], webhook_id: UUID) -> Any:
        """Get what waits for a webhook with an address such as ``pull:laptop``; say what became of the last.

        What is handed out and not settled is handed out again after 30 seconds.
        """
        settled = {
            each["id"]: Outcome(
                code=each["code"],
                status_code=each["status_code"],
                milliseconds=each["milliseconds"],
            )
            for each in said["settled"]
        }
        endpoint, sealed, due = pulling.pull(current_uow(), webhook_id, settled)
        shown = []
        for message in due:
            body, headers = rendered(current_running(), endpoint, sealed, message)
            shown.append(
                {
                    "id": message.id,
                    "type": message.key,
                    "headers": headers,
                    "body": body.decode(),
                }
            )
        return shown
