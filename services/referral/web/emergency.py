"""Break the glass over the API and on a page, and read what lies behind it under a banner."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint as Pages
from flask import redirect, render_template, request
from flask.views import MethodView
from marshmallow import ValidationError, fields

from onward.errors import ConflictError
from onward.languages import marked
from onward.web import Blueprint, allow, transactional
from onward.web.schemas import Code, Schema, Text
from services.referral.domain.emergency import REASONS, Opening
from services.referral.handlers.emergency import Behind, break_glass, read_behind
from services.referral.web.request import this_uow, this_vault
from services.referral.web.schemas import SENTENCE
from services.referral.web.story import told_fields
from services.referral.web.wording import SAID, section_title
from services.referral.web.workers import WORKERS

emergencies = Blueprint(
    "emergencies",
    __name__,
    url_prefix="/api/v1/referrals",
    description="Reading what one was not told, for a stated reason; never unseen.",
)
emergency_pages = Pages("emergency_pages", __name__, template_folder="templates")


class GlassBody(Schema):
    """Why somebody breaks the glass."""

    reason = Code(*REASONS, required=True, metadata={"example": "life-at-risk"})
    sentence = Text(
        SENTENCE,
        multiline=True,
        required=True,
        metadata={"description": "What happened; kept sealed, for the guardian."},
    )


class OpeningSchema(Schema):
    """Leave to read one referral until a moment."""

    id = fields.UUID(required=True)
    referral_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class BehindSchema(Schema):
    """What lies behind the glass; what must never happen stands before how to get in touch."""

    opening = fields.Nested(OpeningSchema, required=True)
    sections = fields.Dict(required=True)
    status = fields.String(required=True, attribute="handoff.status")
    recipient = fields.UUID(
        required=True, attribute="handoff.recipient", metadata={"description": "Was asked last."}
    )


@emergencies.route("/<uuid:referral_id>/break-glass")
class Glass(MethodView):
    """The glass in front of one referral."""

    @allow(*WORKERS)
    @transactional
    @emergencies.arguments(GlassBody)
    @emergencies.response(201, OpeningSchema)
    @emergencies.alt_response(404, description="There is no such referral that was sent.")
    @emergencies.alt_response(409, description="You may read it as it is.")
    def post(self, body: Mapping[str, Any], referral_id: UUID) -> tuple[Opening, dict[str, str]]:
        """Break the glass: read for an hour what you were not told. Its sender is told at once."""
        opening = break_glass(this_uow(), this_vault(), referral_id, **body)
        return opening, {"Location": f"{request.path}/{opening.id}"}


@emergencies.route("/<uuid:referral_id>/break-glass/<uuid:opening_id>")
class BehindGlass(MethodView):
    """What lies behind it."""

    @allow(*WORKERS)
    @transactional
    @emergencies.response(200, BehindSchema)
    @emergencies.alt_response(403, description="Your hour is over.")
    @emergencies.alt_response(404, description="You have not broken this glass.")
    def get(self, referral_id: UUID, opening_id: UUID) -> Behind:
        """Read what lies behind glass that you broke. Each read is recorded with your reason."""
        return read_behind(this_uow(), this_vault(), referral_id, opening_id)


@emergency_pages.get("/referrals/<uuid:referral_id>/break-glass")
@allow(*WORKERS)
@transactional
def before(referral_id: UUID) -> str:
    """Ask why; the page says nothing about the referral, not even that there is one."""
    return _asked(referral_id, "")


@emergency_pages.post("/referrals/<uuid:referral_id>/break-glass")
@allow(*WORKERS)
@transactional
def broken(referral_id: UUID) -> Any:
    """Break the glass, and show what lies behind it."""
    given = {name: request.form.get(name, "") for name in ("reason", "sentence")}
    try:
        body = GlassBody().load(given)
        opening = break_glass(this_uow(), this_vault(), referral_id, **body)
    except ValidationError:
        return _asked(
            referral_id, marked("Choose a reason, and say in a sentence what happened.")
        ), 422
    except ConflictError as refusal:
        return _asked(referral_id, refusal.detail), 409
    return redirect(f"/referrals/{referral_id}/break-glass/{opening.id}", 303)


@emergency_pages.get("/referrals/<uuid:referral_id>/break-glass/<uuid:opening_id>")
@allow(*WORKERS)
@transactional
def behind(referral_id: UUID, opening_id: UUID) -> str:
    """Show what lies behind the glass, under a banner that says so."""
    uow = this_uow()
    found = read_behind(uow, this_vault(), referral_id, opening_id)
    names = uow.store.copies.names([found.handoff.recipient, found.handoff.service_id])
    return render_template(
        "referral/behind_glass.html",
        found=found,
        reason=REASONS[found.opening.reason],
        status=SAID[found.handoff.status][0],
        service=names.get(found.handoff.service_id),
        recipient=names.get(found.handoff.recipient),
        sections=[
            (section_title(name), told_fields(told)) for name, told in found.sections.items()
        ],
    )


def _asked(referral_id: UUID, mistake: str) -> str:
    return render_template(
        "referral/break_glass.html",
        referral_id=referral_id,
        reasons=REASONS,
        values=request.form,
        mistake=mistake,
        longest=SENTENCE,
    )
