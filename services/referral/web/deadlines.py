"""Deadlines over the API: what is due, and what is overdue."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask.views import MethodView

from onward.web import Blueprint, Page, allow, transactional
from services.referral.storage.worklists import DueItem
from services.referral.web.answers import DeadlineSchema
from services.referral.web.request import HANDS, own_organisation, this_uow
from services.referral.web.schemas import DeadlineQuery

deadlines = Blueprint(
    "deadlines", __name__, url_prefix="/api/v1/deadlines", description="What is due when."
)


@deadlines.route("")
class Deadlines(MethodView):
    """Running deadlines of what the caller's organisation sent or was asked for."""

    @allow(*HANDS)
    @transactional
    @deadlines.arguments(DeadlineQuery, location="query")
    @deadlines.response(200, DeadlineSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[DueItem]:
        """List running deadlines, the first one due first."""
        page, uow = Page.of(query), this_uow()
        rows = uow.store.worklists.deadlines(
            own_organisation(),
            kind=query.get("kind"),
            overdue_at=uow.now if query["overdue"] else None,
            after=page.after,
            most=page.fetch,
        )
        return page.cut(rows, lambda item: [item.due_at.isoformat(), item.id])
