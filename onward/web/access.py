"""Who may ask: every route says so itself, and a route that says nothing answers nobody."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, request

from onward.errors import ForbiddenError, TooManyRequestsError, UnauthenticatedError
from onward.identity import Role
from onward.web import callers
from onward.web.context import Caller, current_actor, current_caller, current_web
from onward.web.routes import marked, operation, operations

_MARK: Final = "_onward_access"
_PUBLIC: Final = "public"
_IMPERSONAL: Final = "impersonal"
EVERYBODY: Final = frozenset(Role) - {Role.SERVICE, Role.PERSON}
"""Who ever asks: services tell events instead, and a person's own page is opened by its address."""

View = TypeVar("View", bound=Callable[..., Any])
Access = frozenset[Role] | str


def allow(*roles: Role) -> Callable[[View], View]:
    """Let callers with one of *roles* ask this route; without any, `EVERYBODY`."""
    return marked(_MARK, frozenset(roles))


def public(view: View) -> View:
    """Let anybody ask this route, whether or not they have proved who they are."""
    return marked(_MARK, _PUBLIC)(view)


def impersonal(view: View) -> View:
    """Let anybody ask this route without even looking who does: it must answer when nothing else can."""
    return marked(_MARK, _IMPERSONAL)(view)


def allowed_roles(view: Callable[..., Any]) -> frozenset[Role] | None:
    """Return the roles `allow` named on *view*, or None when anybody may ask."""
    access = getattr(view, _MARK, None)
    return access if isinstance(access, frozenset) else None


def is_guarded(view: Callable[..., Any] | None) -> bool:
    """Tell whether *view* is for callers who have proved who they are."""
    return isinstance(getattr(view, _MARK, None), frozenset)


def is_impersonal(view: Callable[..., Any] | None) -> bool:
    """Tell whether *view* never looks who asks."""
    return getattr(view, _MARK, None) == _IMPERSONAL


def routes_that_say_nothing(app: Flask) -> list[str]:
    """Return the routes that carry neither `allow` nor `public`."""
    return [
        f"{method} {rule.rule}"
        for rule, method, view in operations(app)
        if not hasattr(view, _MARK)
    ]


def check_access() -> None:
    """Find out who asks; refuse whom this route is not for (401, 403), or asks too often (429)."""
    view = operation()
    if view is None or request.method == "OPTIONS":
        return
    access: Access | None = getattr(view, _MARK, None)
    if access is None:
        raise ForbiddenError("route-closed", "Nobody may ask this yet.")
    if is_impersonal(view):
        return
    problem = callers.identify()
    if callers.VOUCHED_FOR not in request.environ:  # else a queue paces it
        _check_allowance(current_caller())
    if isinstance(access, str):
        return
    if current_caller() is None:
        raise problem or UnauthenticatedError("not-signed-in", "Sign in, or send an access token.")
    roles = access or EVERYBODY
    if current_actor().role not in roles:
        names = " or ".join(sorted(role.value.replace("_", " ") for role in roles))
        raise ForbiddenError("wrong-role", f"This is for the role {names}.")


def _check_allowance(caller: Caller | None) -> None:
    """Count a request against its organisation; a person's against themself.

    So no system's flood can lock its colleagues out of their inbox.
    """
    if caller is None:
        return
    actor = caller.actor
    key = actor.principal if caller.session else str(actor.organisation or actor.principal)
    wait = current_web().allowance.take(key)
    if wait:
        raise TooManyRequestsError(
            "too-many-requests",
            "Your organisation has asked too often: wait as long as Retry-After says.",
            retry_after=max(1, round(wait + 0.5)),
        )
