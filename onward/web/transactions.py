"""One request, one transaction: committed after the answer is complete, undone by any error."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, ParamSpec

from flask import Response, current_app, g

from onward.database import ContendedError, UnitOfWork
from onward.scope import act_for
from onward.web.context import (
    current_caller,
    current_correlation_id,
    current_running,
    current_traceparent,
)
from onward.web.idempotency import answer_once, requested_key
from onward.web.responses import complete
from onward.web.routes import marked

P = ParamSpec("P")
_MARK: Final = "_onward_transactional"
TRIES = 2
"""How often work that stood in another's way is tried, from the beginning each time."""


class _UndoneError(Exception):
    """Carries an answer that says no out of the transaction, so that it is rolled back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def transactional(view: Callable[P, Any]) -> Callable[P, Response]:
    """Run *view* inside ``current_uow()`` and commit once its answer is serialised.

    Any exception, and any answer of 400 or above, undoes everything. A POST with an
    ``Idempotency-Key`` takes effect once per organisation and key. An answer must be complete: a
    stream would outlive the transaction.
    """

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        def ask() -> Response:
            return complete(current_app.make_response(view(*args, **kwargs)))

        for attempt in range(1, TRIES + 1):
            try:
                return _within(ask)
            except ContendedError:
                if attempt == TRIES:
                    raise
        raise AssertionError

    return marked(_MARK, value=True)(answered)


def is_transactional(view: Callable[..., Any]) -> bool:
    """Tell whether *view* runs in a transaction."""
    return hasattr(view, _MARK)


def _within(ask: Callable[[], Response]) -> Response:
    caller = current_caller()
    try:
        with current_running().database.transaction(
            actor=caller.actor if caller else None,
            correlation_id=current_correlation_id(),
            traceparent=current_traceparent(),
        ) as uow:
            g.uow = uow
            act_for(uow.connection, caller.actor.organisation if caller else None)
            return _answer(uow, lambda: _agreed(ask()))
    except _UndoneError as undone:
        return undone.response
    finally:
        g.pop("uow", None)


def _answer(uow: UnitOfWork[Any], ask: Callable[[], Response]) -> Response:
    caller = current_caller()
    key = requested_key()
    if key is None or caller is None or caller.actor.organisation is None:
        return ask()
    return answer_once(uow.connection, caller.actor.organisation, key, ask)


def _agreed(response: Response) -> Response:
    """Let an answer that says yes pass; any other leaves the transaction as an exception."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise _UndoneError(response)
    return response
