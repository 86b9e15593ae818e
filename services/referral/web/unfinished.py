"""Keep a form while it is filled in: by itself where a script can, else by a button."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from onward.errors import InvalidError, NotFoundError
from onward.web import allow, transactional
from onward.web.languages import translated
from services.referral.handlers.unfinished import forget_begun, keep_begun
from services.referral.web.request import this_uow, this_vault
from services.referral.web.workers import WORKERS

unfinished = Blueprint("unfinished", __name__)

FIELD: Final = "unfinished"
"""Names the form while it goes from page to page."""
NOT_TYPED: Final = frozenset({"csrf_token", "idempotency_key"})


@unfinished.post("/refer/unfinished")
@allow(*WORKERS)
@transactional
def keep() -> Any:
    """Keep what was typed, whole or not."""
    form = request.form
    form_id, service_id = _uuid(form.get(FIELD, "")), _uuid(form.get("service_id", ""))
    if this_uow().store.copies.service(service_id) is None:
        raise NotFoundError("service")
    typed = [(name, value) for name, value in form.items(multi=True) if name not in NOT_TYPED]
    keep_begun(this_uow(), this_vault(), form_id, service_id, typed)
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    flash(translated("Kept for 7 days. You find it here; nobody else does."), "success")
    return redirect("/refer", 303)


@unfinished.post("/refer/unfinished/<uuid:form_id>/discard")
@allow(*WORKERS)
@transactional
def discard(form_id: UUID) -> Any:
    """Forget what was kept."""
    forget_begun(this_uow(), form_id)
    flash(translated("It is thrown away."), "success")
    return redirect("/refer", 303)


def finished() -> None:
    """Forget what was kept of the form that has just been sent."""
    named = request.form.get(FIELD, "")
    if named:
        forget_begun(this_uow(), _uuid(named))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError("invalid", "Go back and open the form again.") from None
