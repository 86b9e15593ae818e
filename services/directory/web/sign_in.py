"""The way in and out for people: a form, a session, and no hint about who has an account."""

from http import HTTPStatus

import flask
from flask import Response, request

from onward.web import (
    current_caller,
    current_running,
    public,
    safe_next,
    sign_in,
    sign_out,
)
from onward.web.passwords import check_password, hash_password, needs_new_hash
from onward.web.sessions import Session
from services.directory.domain.accounts import Worker
from services.directory.handlers import accounts, tries
from services.directory.handlers.tries import Guess
from services.directory.web.callers import address, guess_key, own_transaction

door = flask.Blueprint("door", __name__, template_folder="templates")
WRONG = "The username or the password is not right."
LONGEST_NAME = 64


@door.get("/login")
@public
def show_form() -> Response | str:
    """Draw the form, or pass on who is signed in already."""
    caller = current_caller()
    if caller and caller.session:
        return _redirect(safe_next(request.args.get("next")))
    return _form()


@door.post("/login")
@public
def let_in() -> Response:
    """Begin a session for the right username and password."""
    username = request.form.get("username", "").strip().lower()[:LONGEST_NAME]
    guess = Guess.of_worker(guess_key(), username=username, address=address())
    with own_transaction() as uow:
        wait = tries.count_try(uow, guess)
    if wait:
        minutes = max(1, round(wait / 60))
        told = (
            f"Too many tries. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
        )
        return _refused(told, username, HTTPStatus.TOO_MANY_REQUESTS, retry_after=wait)
    worker = _proved(username, request.form.get("password", ""))
    if worker is None:
        return _refused(WRONG, username, HTTPStatus.UNAUTHORIZED)
    return sign_in(_redirect(safe_next(request.form.get("next"))), _begin(worker, guess))


@door.post("/logout")
@public
def let_out() -> Response:
    """End the session, here and on every other service."""
    caller = current_caller()
    if caller and caller.session:
        with own_transaction(caller.actor) as uow:
            accounts.end_sign_in(uow, caller.session.id)
    return sign_out(_redirect("/login"))


def _proved(username: str, password: str) -> Worker | None:
    """Return who the password proves; it takes as long when there is nobody of that name."""
    with own_transaction() as uow:
        found = uow.store.accounts.worker_named(username)
        kept, worker = found or (None, None)
        organisation = uow.store.organisations.get(worker.organisation_id) if worker else None
    right = check_password(kept, password)
    if not (right and worker and worker.active and organisation and organisation.active):
        return None
    if kept and needs_new_hash(kept):
        with own_transaction(worker.actor) as uow:
            uow.store.accounts.set_password(worker.id, hash_password(password))
    return worker


def _begin(worker: Worker, guess: Guess) -> Session:
    """Begin a session in place of one this browser may still have."""
    before = current_caller()
    with own_transaction(worker.actor) as uow:
        if before and before.session:
            accounts.end_sign_in(uow, before.session.id)
        tries.forgive(uow, guess)
        return accounts.begin_sign_in(uow, worker)


def _refused(
    told: str, username: str, status: HTTPStatus, *, retry_after: int | None = None
) -> Response:
    response = flask.make_response(_form(told=told, username=username), status)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _form(told: str | None = None, username: str = "") -> str:
    after = safe_next(request.values.get("next"), default="")
    return flask.render_template(
        "directory/login.html",
        told=told,
        username=username,
        next=after,
        secure=current_running().settings.secure,
    )


def _redirect(to: str) -> Response:
    return flask.make_response(flask.redirect(to, HTTPStatus.SEE_OTHER))
