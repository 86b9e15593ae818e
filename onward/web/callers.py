"""Find out who asks: an access token of a system, or the session cookie of a browser."""

from datetime import datetime

from flask import Response, g, request, session

from onward.errors import UnauthenticatedError
from onward.settings import Settings
from onward.web.context import Caller, current_caller, current_running
from onward.web.sessions import ABSOLUTE, RENEW, Session, is_ended
from onward.web.tokens import issue_session, read_access_token, read_session

_BEARER = "bearer "
VOUCHED_FOR = "onward.caller"
"""Under this name of its environment our own code says who asks: no request from outside can set it."""


def identify() -> UnauthenticatedError | None:
    """Note who asks; return why not when what they sent proves nobody."""
    if vouched_for := request.environ.get(VOUCHED_FOR):
        g.caller = vouched_for
        return None
    authorization = request.headers.get("Authorization", "")
    running = current_running()
    cookie = request.cookies.get(cookie_name(running.settings))
    try:
        if authorization.lower().startswith(_BEARER):
            g.caller = _system(authorization[len(_BEARER) :].strip(), running.clock.now())
        elif cookie:
            g.caller = _browser(cookie, running.clock.now())
    except UnauthenticatedError as error:
        g.forget_session = bool(cookie)
        return error
    return None


def sign_in(response: Response, begun: Session) -> Response:
    """Give the browser *begun*, and new form tokens with it."""
    session.clear()
    g.caller = None
    g.forget_session = False
    return _write(response, begun)


def sign_out(response: Response) -> Response:
    """Take the session away from the browser; `onward.web.sessions` ends it on the servers."""
    session.clear()
    g.caller = None
    g.forget_session = True
    return response


def change_session(kept: Session) -> None:
    """Let the browser go on with *kept*; the answer to this request gives it to it."""
    g.caller = Caller(actor=kept.actor, session=kept)
    g.session_changed = True


def keep_session(response: Response) -> Response:
    """Write the session cookie anew when it has aged, or take away one that proves nothing.

    An event stream reconnects by itself: it is no sign of a person and keeps no session alive.
    """
    settings = current_running().settings
    if g.get("forget_session"):
        response.delete_cookie(cookie_name(settings), secure=settings.secure, samesite="Lax")
        return response
    caller = current_caller()
    if caller is None or caller.session is None or _is_stream():
        return response
    now = current_running().clock.now()
    if now - caller.session.seen_at < RENEW and not g.get("session_changed"):
        return response
    return _write(response, caller.session.seen(now))


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name: the ``__Host-`` prefix works over HTTPS only."""
    return "__Host-onward" if settings.secure else "onward-session"


def _write(response: Response, kept: Session) -> Response:
    settings = current_running().settings
    response.set_cookie(
        cookie_name(settings),
        issue_session(settings, kept),
        max_age=int(ABSOLUTE.total_seconds()),
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _system(token: str, at: datetime) -> Caller:
    actor = read_access_token(current_running().settings, token, at=at)
    return Caller(actor=actor, session=None)


def _browser(cookie: str, at: datetime) -> Caller:
    running = current_running()
    found = read_session(running.settings, cookie, at=at)
    with running.database.transaction() as uow:
        if is_ended(uow.connection, found.id):
            raise UnauthenticatedError("session-ended", "You have signed out: sign in again.")
    return Caller(actor=found.actor, session=found)


def _is_stream() -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")
