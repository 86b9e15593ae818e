"""Handoffs over the API: the inbox, one handoff, what may be done with it, and doing it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask.views import MethodView

from onward.web import Blueprint, Page, allow, etag, require_version, transactional
from onward.web.bodies import body_optional
from services.referral.domain.deciding import needed
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, allowed_actions
from services.referral.domain.moves import OPEN, Action, Status
from services.referral.domain.pack import field_names
from services.referral.domain.reasons import OUTCOMES, REASONS
from services.referral.domain.sections import sensitivity
from services.referral.handlers.acting import act
from services.referral.handlers.reading import read_handoff, read_pack, tell_list_read
from services.referral.handlers.visibility import see_handoff
from services.referral.storage.worklists import Filter, Item
from services.referral.web.answers import (
    AllowedListSchema,
    HandoffSchema,
    ItemSchema,
    OneHandoffSchema,
    PackSchema,
)
from services.referral.web.request import (
    HANDS,
    own_organisation,
    this_uow,
    this_vault,
)
from services.referral.web.schemas import ACTIONS, ActionBody, InboxQuery

handoffs = Blueprint(
    "handoffs",
    __name__,
    url_prefix="/api/v1/handoffs",
    description="Requests to take a person on, each to one recipient.",
)


@handoffs.route("")
class Inbox(MethodView):
    """What was asked of the caller's organisation."""

    @allow(*HANDS)
    @transactional
    @handoffs.arguments(InboxQuery, location="query")
    @handoffs.response(200, ItemSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Item]:
        """List what was asked of you, most urgent first, then by what is due first."""
        page, uow = Page.of(query), this_uow()
        urgency, quoted = query.get("urgency"), query.get("reference")
        wanted = Filter(
            statuses=frozenset(query.get("status") or (Status if quoted else OPEN)),
            quoted=quoted,
            urgency=urgency.value if urgency else None,
            service_id=query.get("service_id"),
            overdue_at=uow.now if query["overdue"] else None,
        )
        rows = uow.store.worklists.inbox(
            this_vault(),
            own_organisation(),
            wanted,
            today=uow.now.date(),
            after=page.after,
            most=page.fetch,
        )
        items = page.cut(rows, inbox_position)
        tell_list_read(uow, "inbox", items)
        return items


@handoffs.route("/<uuid:handoff_id>")
class OneHandoff(MethodView):
    """One handoff."""

    @allow(*HANDS)
    @transactional
    @handoffs.response(200, OneHandoffSchema)
    @handoffs.alt_response(404, description="There is none that you are party to.")
    def get(self, handoff_id: UUID) -> dict[str, Any]:
        """Read a handoff and where it stands; its pack is read by itself."""
        uow = this_uow()
        handoff = read_handoff(uow, handoff_id)
        etag(handoff.version)
        copies = uow.store.copies
        names = copies.names([handoff.service_id, handoff.sender, handoff.recipient])
        return {
            **asdict(handoff),
            "next_due": handoff.next_due,
            "counted_in": handoff.counted_in,
            "keepers": handoff.keepers,
            "service_name": names.get(handoff.service_id),
            "sender_name": names.get(handoff.sender),
            "recipient_name": names.get(handoff.recipient),
            "place": copies.claims([handoff_id]).get(handoff_id),
        }


@handoffs.route("/<uuid:handoff_id>/actions")
class AllowedActions(MethodView):
    """What may be done now."""

    @allow(*HANDS)
    @transactional
    @handoffs.response(200, AllowedListSchema)
    @handoffs.alt_response(404, description="There is none that you are party to.")
    def get(self, handoff_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
        """Tell what you may do with a handoff now, and what each action takes. Never cached."""
        handoff = see_handoff(this_uow(), handoff_id)
        etag(handoff.version)
        answer = {
            "handoff_id": handoff.id,
            "status": handoff.status,
            "version": handoff.version,
            "actions": [
                {"action": action, "fields": list(_fields(action))}
                for action in allowed_actions(handoff, *handoff.parties(own_organisation()))
            ],
        }
        return answer, {"Cache-Control": "no-store"}


@handoffs.route("/<uuid:handoff_id>/pack")
class Pack(MethodView):
    """What a recipient was told."""

    @allow(*HANDS)
    @transactional
    @handoffs.response(200, PackSchema)
    @handoffs.alt_response(403, description="Your part has ended, or the consent has.")
    @handoffs.alt_response(404, description="There is none that you are party to.")
    def get(self, handoff_id: UUID) -> dict[str, Any]:
        """Read the pack as frozen or last corrected, as far as consent still goes. The read is recorded."""
        sections = read_pack(this_uow(), this_vault(), handoff_id)
        levels = {field: sensitivity(field).value for field in field_names(sections)}
        return {"handoff_id": handoff_id, "sensitivity": levels, "sections": sections}


@handoffs.route(
    f"/<uuid:handoff_id>/<any({', '.join(repr(name) for name in ACTIONS)}):action>",
    parameters=[
        {
            "in": "path",
            "name": "action",
            "required": True,
            "schema": {"type": "string", "enum": list(ACTIONS)},
        }
    ],
)
class Act(MethodView):
    """Do something."""

    @allow(*HANDS)
    @transactional
    @body_optional
    @handoffs.arguments(ActionBody)
    @handoffs.response(200, HandoffSchema)
    @handoffs.alt_response(404, description="There is none that you are party to.")
    @handoffs.alt_response(409, description="Not allowed now; allowed lists what is.")
    @handoffs.alt_response(412, description="Somebody changed it since you read it.")
    @handoffs.alt_response(428, description="Send If-Match.")
    def post(self, body: Mapping[str, Any], handoff_id: UUID, action: str) -> Handoff:
        """Move a handoff on. Send If-Match with the ETag you decided on."""
        command = Command(action=Action(action), **body)
        moved = act(this_uow(), this_vault(), handoff_id, require_version(), command)
        etag(moved.version)
        return moved


def inbox_position(item: Item) -> list[Any]:
    """Return where an item stands in the inbox's order."""
    handoff = item.handoff
    return [handoff.urgency.rank, item.sort_at.isoformat(), handoff.id]


def _fields(action: Action) -> Iterator[dict[str, Any]]:
    """Yield the fields *action* takes."""
    wanted = needed(action)
    if wanted.reason:
        yield {"name": "reason", "required": True, "choices": REASONS[action]}
    if wanted.outcome:
        choices = [{"code": code, "text": text} for code, text in OUTCOMES.items()]
        yield {"name": "outcome", "required": True, "choices": choices}
    yield {"name": "sentence", "required": wanted.sentence}
