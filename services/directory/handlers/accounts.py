"""Open and close accounts, let workers in and out."""

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from onward.contracts.directory import SessionEnded, SignedIn
from onward.database import UnitOfWork
from onward.errors import ConflictError, ForbiddenError
from onward.identity import Role
from onward.web.passwords import generate_password, hash_password
from onward.web.sessions import Session, begin_session, remember_ended_session
from services.directory.domain.accounts import (
    CHANGED,
    CLOSED,
    OPENED,
    SignIn,
    Worker,
    changed,
    organisation_of,
    require_may_manage,
)
from services.directory.domain.checks import invalid
from services.directory.storage.store import Store


class Opened(NamedTuple):
    """An account with its password, which is told once and kept nowhere."""

    worker: Worker
    password: str


def open_account(uow: UnitOfWork[Store], worker: Worker, *, password: str | None = None) -> Opened:
    """Let *worker* sign in, with a generated password unless one is given.

    Raises `ForbiddenError`, `InvalidError`, or `ConflictError` ``username-taken``.
    """
    worker.checked()
    require_may_manage(uow.actor, worker.organisation_id, worker.role)
    if not uow.store.organisations.listed({worker.organisation_id}):
        raise invalid("/organisation_id", "The directory lists no such organisation.")
    password = password or generate_password()
    if not uow.store.accounts.add_worker(worker, hash_password(password), at=uow.now):
        raise ConflictError("username-taken", "Somebody has this username: choose another.")
    uow.emit(changed(worker.actor, worker.organisation_id, OPENED))
    return Opened(worker, password)


def close_account(uow: UnitOfWork[Store], worker_id: UUID, version: int) -> Worker:
    """Let a worker in no longer, and end every session they have.

    Raises `NotFoundError`, `StaleVersionError` or `ForbiddenError`.
    """
    worker = uow.store.accounts.lock_worker(worker_id, version)
    require_may_manage(uow.actor, worker.organisation_id, worker.role)
    if uow.actor.principal == worker.actor.principal:
        raise ForbiddenError("own-account", "Ask somebody else to close your own account.")
    closed = replace(worker, active=False, version=worker.version + 1)
    uow.store.accounts.change_worker(closed, at=uow.now)
    uow.emit(changed(worker.actor, worker.organisation_id, CLOSED))
    end_sign_ins(uow, worker_id=worker_id)
    return closed


def change_role(uow: UnitOfWork[Store], worker_id: UUID, version: int, role: Role) -> Worker:
    """Give a worker another role; they sign in anew to have it.

    Raises `NotFoundError`, `StaleVersionError`, `InvalidError`, `ForbiddenError`, or `ConflictError`
    ``account-closed``.
    """
    worker = uow.store.accounts.lock_worker(worker_id, version)
    for one in (worker.role, role):
        require_may_manage(uow.actor, worker.organisation_id, one)
    if uow.actor.principal == worker.actor.principal:
        raise ForbiddenError("own-account", "Ask somebody else to change your own role.")
    if not worker.active:
        raise ConflictError("account-closed", "The worker's account is closed.")
    if worker.role is role:
        return worker
    other = replace(worker, role=role, version=worker.version + 1).checked()
    uow.store.accounts.change_worker(other, at=uow.now)
    uow.emit(changed(other.actor, worker.organisation_id, CHANGED))
    end_sign_ins(uow, worker_id=worker_id)
    return other


def begin_sign_in(uow: UnitOfWork[Store], worker: Worker) -> Session:
    """Begin a session of *worker*, who has proved who they are.

    Raises `StaleVersionError` when the account changed meanwhile: it may have been closed.
    """
    uow.store.accounts.lock_worker(worker.id, worker.version)
    names = uow.store.organisations.named([worker.organisation_id])
    label = f"{worker.display_name}, {names[worker.organisation_id]}"
    session = begin_session(worker.actor, at=uow.now, label=label)
    sign_in = SignIn(
        session_id=session.id,
        worker_id=worker.id,
        organisation_id=worker.organisation_id,
        ends_at=session.ends_at,
    )
    uow.store.accounts.begin(sign_in, at=uow.now)
    uow.emit(SignedIn(session_id=session.id, organisation_id=worker.organisation_id))
    return session


def end_sign_in(uow: UnitOfWork[Store], session_id: UUID) -> None:
    """End a session here at once, and tell every other service."""
    sign_in = uow.store.accounts.end(session_id, at=uow.now)
    if sign_in:
        _tell_ended(uow, sign_in)


def end_sign_ins(uow: UnitOfWork[Store], **whose: UUID) -> None:
    """End every session of a worker (*worker_id*) or an organisation (*organisation_id*)."""
    for sign_in in uow.store.accounts.end_all(at=uow.now, **whose):
        _tell_ended(uow, sign_in)


def visible_organisation(uow: UnitOfWork[Store], wanted: UUID | None) -> UUID | None:
    """Return whose accounts the actor may list: any for an operator, else their own."""
    if uow.actor.role is Role.OPERATOR:
        return wanted
    own = organisation_of(uow.actor)
    if wanted not in {None, own}:
        raise ForbiddenError("other-organisation", "You manage your own organisation's accounts.")
    return own


def _tell_ended(uow: UnitOfWork[Store], sign_in: SignIn) -> None:
    remember_ended_session(uow.connection, sign_in.session_id, expires_at=sign_in.ends_at)
    uow.emit(
        SessionEnded(
            session_id=sign_in.session_id,
            organisation_id=sign_in.organisation_id,
            expires_at=sign_in.ends_at,
        )
    )
