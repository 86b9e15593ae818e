"""The notifications page: what is new first, marked as read by each worker for themself."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from onward.errors import InvalidError
from onward.identity import Role
from onward.web import allow, current_actor, current_uow, transactional
from onward.web.languages import translated, translated_number
from onward.web.paging import Page, PageQuery, next_url
from services.notification.domain.leading import INBOX
from services.notification.handlers import inbox
from services.notification.web.reading import read
from services.notification.web.views import view

PEOPLE: Final = (
    Role.CASEWORKER,
    Role.TEAM_LEAD,
    Role.EDITOR,
    Role.AUDITOR,
    Role.OPERATOR,
)
SHOWN: Final = 30
_query: Final = PageQuery()

pages = Blueprint("notification_pages", __name__, template_folder="templates")


@pages.get("/notifications")
@allow(*PEOPLE)
@transactional
def notifications() -> str:
    """Show unread notices, or those read already."""
    uow = current_uow()
    reads = request.args.get("show") == "read"
    after = _after()
    found = inbox.read_notices(
        uow, read=reads, before=after, limit=SHOWN + 1, urgent_first=not reads
    )
    shown = [view(notice, current_actor()) for notice in found[:SHOWN]]
    newest = max(found, key=lambda notice: notice.position, default=None)
    return render_template(
        "notification/notifications.html",
        notices=shown,
        here=INBOX,
        newest=newest.id if newest else None,
        showing_read=reads,
        unread=inbox.unread_count(uow),
        most_counted=inbox.MOST_COUNTED,
        next_page=next_url([str(shown[-1].id)]) if len(found) > SHOWN else None,
        can_integrate=current_actor().role in {Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR},
    )


@pages.post("/notifications/<uuid:notification_id>/read")
@allow(*PEOPLE)
@transactional
def mark_one(notification_id: UUID) -> Any:
    """Mark one notice as read."""
    inbox.mark_read(current_uow(), notification_id)
    return redirect(url_for(".notifications", after=request.form.get("after")), 303)


@pages.post("/notifications/read")
@allow(*PEOPLE)
@transactional
def mark_all() -> Any:
    """Mark everything as read that was on the page, and everything older."""
    marked = inbox.mark_up_to(current_uow(), _id(request.form.get("up_to", "")))
    flash(
        translated_number("%(number)s marked as read.", "%(number)s marked as read.", marked)
        if marked
        else translated("Nothing was left to mark."),
        "success",
    )
    return redirect("/notifications", 303)


def _after() -> UUID | None:
    asked = {"after": request.args["after"]} if "after" in request.args else {}
    page = Page.of(read(_query, asked))
    return UUID(page.after[0]) if page.after else None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError("invalid", "Reload the page, then try again.") from None
