"""Form tokens: a form works only when one of our own pages drew it for this browser (CSRF)."""

from typing import Final
from uuid import uuid4

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup

from onward.errors import ForbiddenError
from onward.settings import Settings
from onward.web.bodies import is_api
from onward.web.context import current_caller
from onward.web.idempotency import FIELD
from onward.web.keys import derived_key
from onward.web.sessions import ABSOLUTE

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_protection = CSRFProtect()


class FormSessions(SecureCookieSessionInterface):
    """Where a browser's form token is kept; a request without that cookie costs nothing."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the browser was given."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def protect_forms(app: Flask, settings: Settings) -> None:
    """Sign form tokens with a key all services share, so that any page can post to any of them."""
    app.session_interface = FormSessions()
    app.secret_key = derived_key(settings.secret_key, "form")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-onward-form" if settings.secure else "onward-form",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=int(ABSOLUTE.total_seconds()),
        WTF_CSRF_SSL_STRICT=False,  # a proxy ends TLS: `check_form` reads Sec-Fetch-Site instead
    )
    _protection.init_app(app)


def check_form() -> None:
    """Refuse a change that a browser was made to send by somebody else's page.

    A system with an access token needs no form token: no browser adds that header by itself.
    """
    if request.method in _SAFE:
        return
    caller = current_caller()
    from_browser = caller.session is not None if caller else not is_api()
    if not from_browser:
        return
    if request.headers.get("Sec-Fetch-Site") not in {None, "same-origin", "none"}:
        raise _refusal()
    try:
        _protection.protect()
    except CSRFError:
        raise _refusal() from None


def _refusal() -> ForbiddenError:
    return ForbiddenError(
        "form-expired",
        "This form is too old, or was not ours: go back, reload the page, try again.",
    )


def once() -> Markup:
    """Return a hidden field that makes a form, however often it is sent, take effect once."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, uuid4())
