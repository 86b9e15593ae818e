"""Referrals over the API: submit, list, read, route on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.web import Blueprint, Page, allow, etag, transactional
from onward.web.bodies import body_optional
from services.referral.domain.moves import Status
from services.referral.handlers.reading import Story, read_referral, tell_list_read
from services.referral.handlers.submitting import Submitted, route, submit
from services.referral.storage.worklists import Item
from services.referral.web.answers import ItemSchema, StorySchema, SubmittedSchema
from services.referral.web.request import (
    HANDS,
    own_organisation,
    routing_from,
    submission_from,
    telling_refused_routing,
    this_uow,
    this_vault,
)
from services.referral.web.schemas import ReferralBody, RoutingBody, SentQuery

referrals = Blueprint(
    "referrals",
    __name__,
    url_prefix="/api/v1/referrals",
    description="People to be handed over, as their senders recorded them.",
)


@referrals.route("")
class Referrals(MethodView):
    """All referrals of the caller's organisation."""

    @allow(*HANDS)
    @transactional
    @referrals.arguments(SentQuery, location="query")
    @referrals.response(200, ItemSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Item]:
        """List what your organisation sent, each with its newest handoff, newest first."""
        page, uow = Page.of(query), this_uow()
        rows = uow.store.worklists.sent(
            this_vault(),
            own_organisation(),
            frozenset(query.get("status") or Status),
            quoted=query.get("reference"),
            after=page.after,
            most=page.fetch,
        )
        items = page.cut(rows, lambda item: [item.handoff.created_at.isoformat(), item.handoff.id])
        tell_list_read(uow, "referrals", items)
        return items

    @allow(*HANDS)
    @transactional
    @referrals.arguments(ReferralBody)
    @referrals.response(201, SubmittedSchema)
    @referrals.alt_response(404, description="The person is not in your records.")
    @referrals.alt_response(
        409, description="No agreement covers it, or the service takes nobody."
    )
    def post(self, body: Mapping[str, Any]) -> tuple[Submitted, dict[str, str]]:
        """Submit a referral, and send it unless it is to stay a draft."""
        with telling_refused_routing():
            submission = submission_from(body, own_organisation())
            submitted = submit(this_uow(), this_vault(), submission)
        etag(submitted.handoff.version)
        return submitted, {"Location": f"/api/v1/referrals/{submitted.referral.id}"}


@referrals.route("/<uuid:referral_id>")
class OneReferral(MethodView):
    """One referral."""

    @allow(*HANDS)
    @transactional
    @referrals.response(200, StorySchema)
    @referrals.alt_response(404, description="There is none that you may see.")
    def get(self, referral_id: UUID) -> dict[str, Any]:
        """Read a referral: its sender sees all of it, a recipient what was asked of them."""
        story = read_referral(this_uow(), this_vault(), referral_id)
        etag(story.seen.version)
        return _told(story)


@referrals.route("/<uuid:referral_id>/handoffs")
class HandoffsOfReferral(MethodView):
    """Those who were asked."""

    @allow(*HANDS)
    @transactional
    @body_optional
    @referrals.arguments(RoutingBody)
    @referrals.response(201, SubmittedSchema)
    @referrals.alt_response(404, description="There is none that your organisation sent.")
    @referrals.alt_response(409, description="Somebody is being asked, or no agreement covers it.")
    def post(self, body: Mapping[str, Any], referral_id: UUID) -> tuple[Submitted, dict[str, str]]:
        """Send a draft, or ask another service after one has declined."""
        with telling_refused_routing(referral_id):
            routed = route(this_uow(), this_vault(), referral_id, routing_from(body))
        etag(routed.handoff.version)
        return routed, {"Location": f"/api/v1/handoffs/{routed.handoff.id}"}


def _told(story: Story) -> dict[str, Any]:
    person = story.person
    return {
        **asdict(story.seen.referral),
        "person": asdict(person) if person else None,
        "sections": story.sections,
        "basis_note": story.basis_note,
        "consent": story.seen.referral.consent if story.seen.as_sender else None,
        "said_stop": story.seen.referral.consent.withdrawn,
        "handoffs": story.seen.handoffs,
        "steps": story.steps,
        "disclosures": story.disclosures,
    }
