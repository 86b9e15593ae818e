"""Webhook endpoints as an API, with their delivery log."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask.views import MethodView

from onward.identity import Role
from onward.web import (
    Blueprint,
    Page,
    PageQuery,
    allow,
    current_running,
    current_uow,
    transactional,
)
from onward.web.bodies import body_optional
from services.notification.domain.endpoints import Endpoint
from services.notification.domain.messages import Delivery
from services.notification.handlers import endpoints, log
from services.notification.storage.deliveries import Sought
from services.notification.web import schemas

KEEPERS: Final = (Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR, Role.PARTNER_SYSTEM)
"""Who may decide where their organisation's systems are told."""

blp = Blueprint(
    "webhooks",
    __name__,
    url_prefix="/api/v1/webhooks",
    description="Where your systems are told, signed after Standard Webhooks",
)


@blp.route("")
class Webhooks(MethodView):
    """The organisation's endpoints."""

    @allow(*KEEPERS)
    @transactional
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, schemas.Webhook(many=True))
    def get(self, query: dict[str, Any]) -> Any:
        """List your organisation's webhooks, oldest first."""
        page = Page.of(query)
        mine = endpoints.mine(current_uow())
        if page.after:
            mine = [each for each in mine if _place(each) > list(page.after)]
        return page.cut(mine[: page.fetch], _place)

    @allow(*KEEPERS)
    @transactional
    @blp.arguments(schemas.NewWebhook)
    @blp.response(201, schemas.WebhookWithSecret)
    @blp.alt_response(409, "CONFLICT")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, new: dict[str, Any]) -> Any:
        """Add a webhook and get its secret, this once."""
        settings = current_running().settings
        endpoint, secret = endpoints.create(
            current_uow(),
            url=new["url"],
            events=new["events"],
            allowed=settings.webhook_allow,
            secret_key=settings.secret_key,
        )
        return _with_secret(endpoint, secret), {"Location": f"/api/v1/webhooks/{endpoint.id}"}


@blp.route("/<uuid:webhook_id>")
class OneWebhook(MethodView):
    """One endpoint."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(200, schemas.Webhook)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, webhook_id: UUID) -> Any:
        """Read one webhook."""
        return endpoints.own(current_uow(), webhook_id)

    @allow(*KEEPERS)
    @transactional
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, webhook_id: UUID) -> None:
        """Take a webhook away; what waits for it is given up."""
        endpoints.delete(current_uow(), webhook_id)


@blp.route("/<uuid:webhook_id>/enable")
class Enable(MethodView):
    """Switching on."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(200, schemas.Webhook)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, webhook_id: UUID) -> Any:
        """Switch a webhook on; it hears what happens from now on."""
        return endpoints.enable(current_uow(), webhook_id)


@blp.route("/<uuid:webhook_id>/disable")
class Disable(MethodView):
    """Switching off."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(200, schemas.Webhook)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, webhook_id: UUID) -> Any:
        """Switch a webhook off; what waits for it is given up and can be replayed."""
        return endpoints.disable(current_uow(), webhook_id)


@blp.route("/<uuid:webhook_id>/rotate")
class Rotate(MethodView):
    """A new secret."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(200, schemas.WebhookWithSecret)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, webhook_id: UUID) -> Any:
        """Get a new secret, this once; for 24 hours the old one signs too, and no third is made."""
        key = current_running().settings.secret_key
        endpoint, secret = endpoints.rotate(current_uow(), webhook_id, secret_key=key)
        return _with_secret(endpoint, secret)


@blp.route("/<uuid:webhook_id>/test")
class Test(MethodView):
    """A test event."""

    @allow(*KEEPERS)
    @transactional
    @body_optional
    @blp.arguments(schemas.TestEvent)
    @blp.response(202, schemas.Delivery)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, wanted: dict[str, Any], webhook_id: UUID) -> Any:
        """Send a test event, whatever the webhook hears; the delivery log shows how it went."""
        return endpoints.send_test(current_uow(), webhook_id, key=wanted["type"])


@blp.route("/<uuid:webhook_id>/deliveries")
class Deliveries(MethodView):
    """The delivery log."""

    @allow(*KEEPERS)
    @transactional
    @blp.arguments(schemas.DeliveryQuery, location="query")
    @blp.response(200, schemas.Delivery(many=True))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query: dict[str, Any], webhook_id: UUID) -> Any:
        """List what was sent to a webhook, newest first."""
        page = Page.of(query)
        found = log.read_deliveries(
            current_uow(), webhook_id, sought(query), before=before(page), limit=page.fetch
        )
        return page.cut(found, position)


@blp.route("/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay")
class Replay(MethodView):
    """One more time."""

    @allow(*KEEPERS)
    @transactional
    @blp.response(202, schemas.Delivery)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, webhook_id: UUID, delivery_id: UUID) -> Any:
        """Send a delivery again, under the same webhook-id."""
        return endpoints.replay(current_uow(), webhook_id, delivery_id)


def sought(query: dict[str, Any]) -> Sought:
    """Return which deliveries a loaded `schemas.DeliveryQuery` looks for."""
    return Sought(
        status=query.get("status"),
        key=query.get("type"),
        about=query.get("referral_id"),
        quoted=query.get("reference"),
        since=query.get("since"),
    )


def position(delivery: Delivery) -> list[str]:
    """Return what the log is ordered by."""
    return [delivery.created_at.isoformat(), str(delivery.id)]


def before(page: Page) -> tuple[datetime, UUID] | None:
    """Return the delivery that *page* goes on after."""
    if not page.after:
        return None
    created_at, id_ = page.after
    return datetime.fromisoformat(created_at), UUID(id_)


def _place(endpoint: Endpoint) -> list[str]:
    return [endpoint.created_at.isoformat(), str(endpoint.id)]


def _with_secret(endpoint: Endpoint, secret: str) -> dict[str, Any]:
    return {**asdict(endpoint), "secret": secret}
