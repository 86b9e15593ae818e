"""What the log says, over the API: trails, entries, and whether it holds everything."""

from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.web import Page, allow, current_uow, transactional
from services.audit.domain.leaf import Entry
from services.audit.domain.trail import Step
from services.audit.handlers import reading, reconciling
from services.audit.storage.entries import Filters
from services.audit.web import schemas
from services.audit.web.blueprint import READERS, SEARCHERS, blp, notary
from services.audit.web.views import entry_view, trail_view


@blp.route("/trails/<uuid:referral_id>")
class Trails(MethodView):
    """The story of one referral."""

    @allow(*READERS)
    @transactional
    @blp.arguments(schemas.TrailQuery, location="query")
    @blp.response(200, schemas.Trail)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query: dict[str, Any], referral_id: UUID) -> Any:
        """Read everything that happened to a referral, reads included, in order of time."""
        page = Page.of(query)
        read = reading.read_trail(current_uow(), referral_id, notary())
        steps = list(read.trail.steps)
        if page.after:
            steps = [step for step in steps if _place(step) > list(page.after)]
        return trail_view(read, list(page.cut(steps[: page.fetch], _place)))


@blp.route("/entries")
class Entries(MethodView):
    """The log, searched."""

    @allow(*SEARCHERS)
    @transactional
    @blp.arguments(schemas.EntriesQuery, location="query")
    @blp.response(200, schemas.Entry(many=True))
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def get(self, query: dict[str, Any]) -> Any:
        """Search the log, newest first."""
        page = Page.of(query)
        found = reading.search(
            current_uow(),
            filters_of(query),
            notary(),
            before=page.after_one,
            limit=page.fetch,
        )
        return [entry_view(entry) for entry in page.cut(found, entry_place)]


@blp.route("/completeness")
class Completeness(MethodView):
    """The log against the services' own records."""

    @allow(*SEARCHERS)
    @transactional
    @blp.response(200, schemas.Completeness)
    def get(self) -> Any:
        """See whether every handoff and disclosure that the referral service stated has its leaf."""
        return reconciling.completeness(current_uow())


def filters_of(query: dict[str, Any]) -> Filters:
    """Return the filters that a loaded query asks for."""
    return Filters(**{name: query[name] for name in Filters.__slots__ if name in query})


def entry_place(entry: Entry) -> list[int]:
    """Return where an entry stands in a search's order."""
    return [entry.number]


def _place(step: Step) -> list[Any]:
    return [step.facts.occurred.isoformat(timespec="microseconds"), step.number]
