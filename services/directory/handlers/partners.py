"""Let partners' systems in: register them, check what they prove, close them again."""

import json
import secrets
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from onward.contracts.directory import AccountChanged, PartnerQueueChanged
from onward.database import UnitOfWork
from onward.errors import ConflictError, NotFoundError, UnauthenticatedError
from onward.intake.systems import remember_system
from onward.web.tokens import ACCESS_LIFETIME
from services.directory.domain import secrets as kept
from services.directory.domain.accounts import CLOSED, OPENED, RENEWED, PartnerSystem, changed
from services.directory.domain.checks import invalid
from services.directory.handlers import assertions
from services.directory.handlers.assertions import claimed_client
from services.directory.storage.store import Store

LIFETIME = int(ACCESS_LIFETIME.total_seconds())


class Registered(NamedTuple):
    """A system with its secret, which is told once; None for one that signs with its own key."""

    system: PartnerSystem
    secret: str | None


def register(
    uow: UnitOfWork[Store],
    *,
    organisation_id: UUID,
    name: str,
    live: bool,
    jwks: object = None,
    on_broker: bool = False,
) -> Registered:
    """Register a system of a partner, with a new secret unless it has keys of its own (*jwks*).

    With *on_broker* its organisation is told on a queue of the broker from now on.
    Raises `InvalidError` for keys that are no public RSA or P-384 keys.
    """
    prefix = kept.LIVE if live else kept.TEST
    client_id = f"{prefix}-{secrets.token_hex(8)}"
    secret = None if jwks is not None else _secret(prefix)
    made = register_as(
        uow, client_id, organisation_id=organisation_id, name=name, secret=secret, jwks=jwks
    )
    if on_broker:
        uow.emit(PartnerQueueChanged(organisation_id=organisation_id, change=OPENED))
    return made


def register_as(
    uow: UnitOfWork[Store],
    client_id: str,
    *,
    organisation_id: UUID,
    name: str,
    secret: str | None,
    jwks: object = None,
) -> Registered:
    """Register a system under an id and a secret that were chosen before."""
    if uow.store.organisations.find(organisation_id) is None:
        raise invalid("/organisation_id", "The directory lists no such organisation.")
    if not name.strip():
        raise invalid("/name", "Say what people call the system.")
    if jwks is not None:
        assertions.require_public_keys(jwks)
    system = PartnerSystem(
        client_id=client_id,
        organisation_id=organisation_id,
        name=name,
        secret_hash=kept.digest(secret) if secret else None,
        jwks=json.dumps(jwks) if jwks is not None else None,
    )
    if not uow.store.accounts.add_system(system, at=uow.now):
        raise ConflictError("client-taken", "Another system has this client id.")
    _tell(uow, changed(system.actor, organisation_id, OPENED))
    return Registered(system, secret)


def renew_secret(uow: UnitOfWork[Store], client_id: str, *, on_broker: bool = False) -> Registered:
    """Give a system another secret; the old one proves nothing any more.

    Raises `NotFoundError`, and `ConflictError` with ``system-closed`` or ``system-signs``.
    """
    system = uow.store.accounts.lock_system(client_id)
    if not system.active:
        raise ConflictError("system-closed", "This system was shut out: register a new one.")
    if system.jwks is not None:
        raise ConflictError("system-signs", "This system signs with keys of its own.")
    secret = _secret(client_id.partition("-")[0])
    renewed = replace(system, secret_hash=kept.digest(secret))
    uow.store.accounts.change_system(renewed, at=uow.now)
    _tell(uow, changed(renewed.actor, renewed.organisation_id, RENEWED))
    if on_broker:
        opened = PartnerQueueChanged(organisation_id=renewed.organisation_id, change=OPENED)
        uow.emit(opened)
    return Registered(renewed, secret)


def has_open_systems(uow: UnitOfWork[Store], organisation_id: UUID) -> bool:
    """Tell whether any system may act for the organisation."""
    return uow.store.accounts.has_open_systems(organisation_id)


def close_system(uow: UnitOfWork[Store], client_id: str) -> PartnerSystem:
    """Give a system no more tokens; those it has run out within five minutes.

    With the last system of an organisation its queue on the broker is over, too. Raises `NotFoundError`.
    """
    closed = replace(uow.store.accounts.lock_system(client_id), active=False)
    uow.store.accounts.change_system(closed, at=uow.now)
    _tell(uow, changed(closed.actor, closed.organisation_id, CLOSED))
    if not has_open_systems(uow, closed.organisation_id):
        uow.emit(PartnerQueueChanged(organisation_id=closed.organisation_id, change=CLOSED))
    return closed


def own_systems(uow: UnitOfWork[Store]) -> list[PartnerSystem]:
    """Return the systems that act for the actor's organisation, those shut out too."""
    organisation = uow.actor.organisation
    return uow.store.accounts.systems_of([organisation]) if organisation else []


def close_own_system(uow: UnitOfWork[Store], client_id: str) -> PartnerSystem:
    """Shut out a system of the actor's organisation, as `close_system`; once is enough.

    Raises `NotFoundError` for one that is not theirs.
    """
    found = [system for system in own_systems(uow) if system.client_id == client_id]
    if not found:
        raise NotFoundError("partner system")
    return close_system(uow, client_id) if found[0].active else found[0]


def prove_by_secret(uow: UnitOfWork[Store], client_id: str, secret: str) -> PartnerSystem:
    """Return the system that *secret* proves. Raises `UnauthenticatedError` ``invalid-client``."""
    system = uow.store.accounts.system(client_id)
    if not kept.matches(system.secret_hash if system else None, secret):
        raise invalid_client()
    return _let_in(uow, system)


def prove_by_assertion(uow: UnitOfWork[Store], assertion: str, audience: str) -> PartnerSystem:
    """Return the system whose own key signed *assertion* for *audience*, once.

    Raises `UnauthenticatedError` ``invalid-client``.
    """
    client_id = claimed_client(assertion)
    system = uow.store.accounts.system(client_id) if client_id else None
    if system is None or system.jwks is None:
        raise invalid_client()
    proved = assertions.verify(
        assertion,
        json.loads(system.jwks),
        client_id=system.client_id,
        audience=audience,
        at=uow.now,
    )
    if proved is None or not uow.store.accounts.use_assertion(
        system.client_id, proved.jti, expires_at=proved.expires_at
    ):
        raise invalid_client()
    return _let_in(uow, system)


def invalid_client() -> UnauthenticatedError:
    """Return the one refusal for every reason, so that it helps nobody to guess."""
    return UnauthenticatedError("invalid-client", "The client could not be authenticated.")


def _secret(prefix: str) -> str:
    return f"{prefix}-secret-{secrets.token_urlsafe(32)}"


def _tell(uow: UnitOfWork[Store], event: AccountChanged) -> None:
    """Tell the other services, and remember here too what they hear."""
    uow.emit(event)
    remember_system(uow.connection, event)


def _let_in(uow: UnitOfWork[Store], system: PartnerSystem | None) -> PartnerSystem:
    if system is None or not system.active:
        raise invalid_client()
    organisation = uow.store.organisations.get(system.organisation_id)
    if not organisation.active:
        raise invalid_client()
    return system
