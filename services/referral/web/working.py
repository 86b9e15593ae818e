"""Work through the inbox: several at once, and from one straight to the next."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from onward.errors import ConflictError, NotFoundError, StaleVersionError
from onward.web import allow, safe_next, transactional
from onward.web.languages import translated, translated_number
from services.referral.domain.effects import Command
from services.referral.domain.moves import Action, Status
from services.referral.handlers.acting import act
from services.referral.storage.worklists import Filter
from services.referral.web.request import own_organisation, this_uow, this_vault
from services.referral.web.workers import WORKERS

working = Blueprint("referral_working", __name__)

MOST: Final = 100
WAITING: Final = Filter(statuses=frozenset({Status.REQUESTED, Status.ACKNOWLEDGED}))
"""What waits for our answer."""


@working.post("/inbox/acknowledge")
@allow(*WORKERS)
@transactional
def acknowledge() -> Any:
    """Mark everything that was chosen as seen; what has changed since it was listed stays as it is."""
    back = safe_next(request.form.get("next"), "/inbox")
    chosen = sorted(set(request.form.getlist("handoff")))[:MOST]
    seen = sum(_acknowledge(one) for one in chosen)
    if not chosen:
        flash(translated("Choose at least one."), "error")
    elif seen:
        flash(
            translated_number("%(number)s marked as seen.", "%(number)s marked as seen.", seen),
            "success",
        )
    if left := len(chosen) - seen:
        flash(
            translated_number(
                "%(number)s had changed meanwhile: look at it again.",
                "%(number)s had changed meanwhile: look at them again.",
                left,
            ),
            "error",
        )
    return redirect(back, 303)


def _acknowledge(chosen: str) -> bool:
    """Acknowledge what *chosen* (``id:version``) names; tell whether that was possible."""
    id_, _, version = chosen.partition(":")
    try:
        command = Command(action=Action.ACKNOWLEDGE)
        act(this_uow(), this_vault(), UUID(id_), int(version), command)
    except (ConflictError, StaleVersionError, NotFoundError, ValueError):
        return False
    return True


def next_to_answer(*, besides: UUID) -> str:
    """Return the page of the most urgent referral that waits for our answer, or the inbox."""
    uow = this_uow()
    waiting = uow.store.worklists.inbox(
        this_vault(), own_organisation(), WAITING, today=uow.now.date(), after=None, most=2
    )
    for item in waiting:
        if item.handoff.id != besides:
            return f"/referrals/{item.handoff.referral_id}"
    return "/inbox"
