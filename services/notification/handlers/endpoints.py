"""What a partner's administrator does with webhook endpoints."""

import base64
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import orjson

from onward.catalogue.examples import made_up
from onward.contracts import declared
from onward.contracts.notification import WebhookChanged
from onward.errors import ConflictError, FieldError, InvalidError, NotFoundError
from onward.ids import new_id
from services.notification.domain import endpoints as rules
from services.notification.domain.endpoints import Endpoint, EndpointStatus
from services.notification.domain.messages import Delivery, Subject
from services.notification.handlers.inbox import organisation_of
from services.notification.handlers.settling import give_up_waiting
from services.notification.storage.store import Work
from services.notification.storage.vault import seal

BY_HAND = "by-hand"
_SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""


def create(
    uow: Work, *, url: str, events: Sequence[str], allowed: Collection[str], secret_key: str
) -> tuple[Endpoint, str]:
    """Add an endpoint; return it with its secret, which nobody is shown again.

    Raises `InvalidError` for an address that may not be reached, `ConflictError` with ``endpoint-exists``
    or ``too-many-endpoints``.
    """
    organisation = organisation_of(uow.actor)
    rules.require_reachable(url, allowed)
    uow.store.endpoints.lock_all(organisation)
    there = uow.store.endpoints.of(organisation)
    if len(there) >= rules.MOST:
        raise ConflictError("too-many-endpoints", f"Delete one first: {rules.MOST} are allowed.")
    if any(endpoint.url == url for endpoint in there):
        raise ConflictError("endpoint-exists", "An endpoint with this address is there already.")
    endpoint = Endpoint(
        id=new_id(),
        organisation=organisation,
        url=url,
        events=tuple(dict.fromkeys(events)),
        status=EndpointStatus.ENABLED,
        disabled_code=None,
        failures=0,
        created_at=uow.now,
        rotated_at=None,
    )
    secret, sealed = _new_secret(secret_key, endpoint)
    uow.store.endpoints.add(endpoint, secret=sealed)
    _tell(uow, endpoint, "created")
    return endpoint, secret


def rotate(uow: Work, id_: UUID, *, secret_key: str) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret; for `rules.OLD_SECRET` the old one signs too.

    Raises `ConflictError` with ``secret-just-rotated`` until then.
    """
    endpoint = own(uow, id_, lock=True)
    endpoint.require_one_secret(uow.now)
    secret, sealed = _new_secret(secret_key, endpoint)
    uow.store.endpoints.rotate(id_, secret=sealed, now=uow.now)
    _tell(uow, endpoint, "rotated")
    return own(uow, id_), secret


def enable(uow: Work, id_: UUID) -> Endpoint:
    """Send to an endpoint again from now on; nothing changes where that is so already."""
    endpoint = own(uow, id_, lock=True)
    if endpoint.status is not EndpointStatus.ENABLED:
        uow.store.endpoints.enable(id_)
        _tell(uow, endpoint, "enabled")
    return own(uow, id_)


def disable(uow: Work, id_: UUID) -> Endpoint:
    """Send nothing more to an endpoint, and give up what waits for it."""
    endpoint = own(uow, id_, lock=True)
    if endpoint.status is EndpointStatus.ENABLED:
        uow.store.endpoints.disable(id_, code=BY_HAND)
        give_up_waiting(uow, id_, code="endpoint-disabled")
        _tell(uow, endpoint, "disabled")
    return own(uow, id_)


def delete(uow: Work, id_: UUID) -> None:
    """Take an endpoint away, and give up what waits for it."""
    endpoint = own(uow, id_, lock=True)
    uow.store.endpoints.delete(id_)
    give_up_waiting(uow, id_, code="endpoint-deleted")
    _tell(uow, endpoint, "deleted")


def send_test(uow: Work, id_: UUID, *, key: str = rules.TEST) -> Delivery:
    """Queue a test event for an endpoint: one of our own, or a made-up one of kind *key*.

    Raises `ConflictError` while the endpoint is switched off.
    """
    endpoint = own(uow, id_)
    endpoint.require_enabled()
    facts = (
        {"endpoint_id": endpoint.id}
        if key == rules.TEST
        else made_up(declared()[key], about=endpoint.id, at=uow.now)
    )
    subject = Subject(
        event_id=new_id(),
        key=key,
        correlation_id=uow.origin.correlation_id,
        about=endpoint.id,
        handoff_id=facts.get("handoff_id"),
        service_id=None,
        occurred_at=uow.now,
        facts=orjson.dumps(facts),
    )
    queued = uow.store.messages.queue_test(
        endpoint.id, organisation=endpoint.organisation, subject=subject
    )
    return delivery(uow, id_, queued)


def replay(uow: Work, id_: UUID, delivery_id: UUID) -> Delivery:
    """Send a delivery again under its own id. Raises `ConflictError` while the endpoint is switched off."""
    own(uow, id_).require_enabled()
    found = uow.store.deliveries.one(id_, delivery_id, lock=True)
    if found is None:
        raise NotFoundError("delivery")
    uow.store.deliveries.again(delivery_id, uow.now)
    return delivery(uow, id_, delivery_id)


def replay_since(uow: Work, id_: UUID, since: datetime) -> int:
    """Send again, each under its own id, what was for an endpoint since then; return how many wait now.

    Raises `ConflictError` while the endpoint is switched off, `InvalidError` for a moment to come.
    """
    own(uow, id_, lock=True).require_enabled()
    if since > uow.now:
        wrong = FieldError(pointer="/since", detail="Choose a moment that has passed.")
        raise InvalidError("since-to-come", wrong.detail, errors=[wrong])
    uow.store.deliveries.again_since(id_, since, uow.now)
    return waiting(uow, id_)


def waiting(uow: Work, id_: UUID) -> int:
    """Return how many messages wait for the actor's own endpoint."""
    own(uow, id_)
    return uow.store.deliveries.waiting(id_)


def delivery(uow: Work, id_: UUID, delivery_id: UUID) -> Delivery:
    """Return one delivery to the actor's own endpoint. Raises `NotFoundError`."""
    own(uow, id_)
    found = uow.store.deliveries.one(id_, delivery_id)
    if found is None:
        raise NotFoundError("delivery")
    return found


def mine(uow: Work) -> list[Endpoint]:
    """Return the endpoints of the actor's organisation, oldest first."""
    return uow.store.endpoints.of(organisation_of(uow.actor))


def own(uow: Work, id_: UUID, *, lock: bool = False) -> Endpoint:
    """Return the actor's own endpoint. Raises `NotFoundError`."""
    organisation = organisation_of(uow.actor)
    endpoint = uow.store.endpoints.one(id_, organisation=organisation, lock=lock)
    if endpoint is None:
        raise NotFoundError("webhook")
    return endpoint


def _new_secret(secret_key: str, endpoint: Endpoint) -> tuple[str, bytes]:
    plain = secrets.token_bytes(_SECRET_BYTES)
    sealed = seal(secret_key, plain, organisation=endpoint.organisation, endpoint=endpoint.id)
    return f"whsec_{base64.b64encode(plain).decode()}", sealed


def _tell(uow: Work, endpoint: Endpoint, change: str) -> None:
    uow.emit(
        WebhookChanged(
            endpoint_id=endpoint.id, organisation_id=endpoint.organisation, change=change
        )
    )
