"""What the organisation is told by e-mail, as an API."""

from typing import Any

from flask.views import MethodView

from onward.web import Blueprint, allow, current_uow, etag, require_version, transactional
from services.notification.domain.rules import Urgency
from services.notification.handlers import subscriptions
from services.notification.web import schemas
from services.notification.web.notifications import READERS
from services.notification.web.webhooks import KEEPERS

blp = Blueprint(
    "subscriptions",
    __name__,
    url_prefix="/api/v1/subscriptions",
    description="What your organisation is told by e-mail",
)


@blp.route("")
class Subscriptions(MethodView):
    """The organisation's choice."""

    @allow(*READERS)
    @transactional
    @blp.response(200, schemas.Subscription)
    def get(self) -> Any:
        """Read what your organisation is told by e-mail, and where."""
        chosen = subscriptions.chosen(current_uow())
        etag(chosen.version)
        return chosen

    @allow(*KEEPERS)
    @transactional
    @blp.arguments(schemas.Subscription)
    @blp.response(200, schemas.Subscription)
    @blp.alt_response(412, "PRECONDITION_FAILED")
    @blp.alt_response(428, "PRECONDITION_REQUIRED")
    def put(self, new: dict[str, Any]) -> Any:
        """Choose what your organisation is told by e-mail, and where."""
        chosen = subscriptions.choose(
            current_uow(),
            mailbox=new["mailbox"],
            mail_for=[Urgency(code) for code in new["mail_for"]],
            language=new["language"],
            version=require_version(),
        )
        etag(chosen.version)
        return chosen
