"""What is kept how long, what is due and what is held: over the API, and on a page for auditors."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint as Pages
from flask import flash, redirect, render_template, request
from flask.views import MethodView
from marshmallow import ValidationError, fields, validates_schema

from onward.errors import ConflictError, FieldError, InvalidError, NotFoundError
from onward.identity import Role
from onward.languages import marked
from onward.web import Blueprint, allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.schemas import Code, Schema, Text
from services.referral.domain.retention import HOLD_REASONS, Hold
from services.referral.handlers.retaining import AHEAD, Report, lift_hold, place_hold, report
from services.referral.web.request import this_own_uow, this_vault
from services.referral.web.schemas import SENTENCE

KEEPERS: Final = (Role.AUDITOR, Role.OPERATOR)
"""Who looks after what is kept."""
AN_ID: Final[dict[str, str | list[Any] | dict[Any, Any]]] = {
    "invalid_uuid": "Enter the whole id, all 36 signs."
}

retention = Blueprint(
    "retention",
    __name__,
    url_prefix="/api/v1/retention",
    description="How long what is kept, what is due to be disposed of, and what is under legal hold.",
)
retention_pages = Pages("retention_pages", __name__, template_folder="templates")


class RetentionRuleSchema(Schema):
    """How long one kind of record is kept."""

    kind = fields.String(required=True, metadata={"example": "not-accepted"})
    what = fields.String(required=True)
    years = fields.Integer(required=True, metadata={"description": "After it was last in use."})
    source = fields.String(required=True, metadata={"description": "Who says so."})


class DueRecordSchema(Schema):
    """Something that is disposed of soon, unless it is held or used again."""

    kind = fields.String(required=True, attribute="rule.kind")
    person_id = fields.UUID(required=True)
    referral_id = fields.UUID(required=True, allow_none=True)
    handoff_id = fields.UUID(required=True, allow_none=True)
    keeper = fields.UUID(required=True, metadata={"description": "Whose record it is."})
    last_used = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)


class DueQuestionSchema(Schema):
    """A question for advice that is disposed of soon, unless somebody says something on it."""

    kind = fields.String(required=True, attribute="rule.kind")
    advice_id = fields.UUID(required=True)
    sender = fields.UUID(required=True)
    recipient = fields.UUID(required=True)
    last_used = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)


class HoldSchema(Schema):
    """A legal hold in force."""

    id = fields.UUID(required=True)
    person_id = fields.UUID(required=True)
    referral_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "None: all about the person."}
    )
    reason = fields.String(required=True, metadata={"example": "inquiry"})
    until = fields.Date(required=True, allow_none=True, metadata={"description": "Its last day."})
    placed_at = fields.AwareDateTime(required=True)
    placed_by = fields.String(required=True)


class HeldSchema(Schema):
    """A hold, and what it stops."""

    hold = fields.Nested(HoldSchema, required=True)
    due_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When the record would be due; none while it is in use."},
    )


class KeptSchema(Schema):
    """What is kept how long, what is due within 90 days, and what is held."""

    rules = fields.List(fields.Nested(RetentionRuleSchema), required=True)
    due = fields.List(fields.Nested(DueRecordSchema), required=True)
    held = fields.List(fields.Nested(HeldSchema), required=True)
    questions = fields.List(fields.Nested(DueQuestionSchema), required=True)


class HoldBody(Schema):
    """What is to be held, and why."""

    person_id = fields.UUID(
        load_default=None,
        error_messages=AN_ID,
        metadata={"description": "All about them; or else name a referral."},
    )
    referral_id = fields.UUID(load_default=None, error_messages=AN_ID)
    reason = Code(*HOLD_REASONS, required=True, metadata={"example": "inquiry"})
    sentence = Text(
        SENTENCE, multiline=True, required=True, metadata={"description": "Why; kept sealed."}
    )
    until = fields.Date(
        load_default=None, metadata={"description": "Its last day, if it has one."}
    )

    @validates_schema
    def _one_of_two(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["person_id"] is None) == (data["referral_id"] is None):
            raise ValidationError("Name a referral or a person, and not both.", "referral_id")


@retention.route("")
class Retention(MethodView):
    """What is kept."""

    @allow(*KEEPERS)
    @transactional
    @retention.response(200, KeptSchema)
    def get(self) -> Report:
        """See the rules, the first 100 records and questions due within 90 days, and the newest 100 holds."""
        return report(this_own_uow())


@retention.route("/holds")
class Holds(MethodView):
    """Legal holds."""

    @allow(*KEEPERS)
    @transactional
    @retention.arguments(HoldBody)
    @retention.response(201, HoldSchema)
    @retention.alt_response(404, description="There is no such person or referral.")
    @retention.alt_response(409, description="It was erased: there is nothing left to keep.")
    def post(self, body: Mapping[str, Any]) -> Hold:
        """Put a referral, or all about a person, under legal hold: it is kept whatever its age."""
        return place_hold(this_own_uow(), this_vault(), **body)


@retention.route("/holds/<uuid:hold_id>")
class OneHold(MethodView):
    """One legal hold."""

    @allow(*KEEPERS)
    @transactional
    @retention.response(204)
    @retention.alt_response(404, description="There is no such hold in force.")
    def delete(self, hold_id: UUID) -> None:
        """Lift a hold. What is due by then is disposed of within the hour."""
        lift_hold(this_own_uow(), hold_id)


@retention_pages.get("/retention")
@allow(*KEEPERS)
@transactional
def kept() -> str:
    """Show what is kept, due and held."""
    return _page()


@retention_pages.post("/retention/holds")
@allow(*KEEPERS)
@transactional
def hold() -> Any:
    """Put something under legal hold."""
    given = {name: value.strip() for name, value in request.form.items() if value.strip()}
    asked = {name: given[name] for name in HoldBody().fields if name in given}
    try:
        try:
            body = HoldBody().load(asked)
        except ValidationError as error:
            raise invalid(error) from None
        place_hold(this_own_uow(), this_vault(), **body)
    except InvalidError as refusal:
        return _page(refusal.errors), 422
    except NotFoundError:
        return _page(_about_what(marked("There is no such referral or person."), given)), 404
    except ConflictError as refusal:
        return _page(_about_what(refusal.detail, given)), 409
    flash(translated("It is under legal hold now: nothing of it is disposed of."), "success")
    return redirect("/retention#held", 303)


@retention_pages.post("/retention/holds/<uuid:hold_id>/lift")
@allow(*KEEPERS)
@transactional
def lift(hold_id: UUID) -> Any:
    """Lift a hold."""
    lift_hold(this_own_uow(), hold_id)
    flash(
        translated("The hold is lifted. What is due by now is disposed of within the hour."),
        "success",
    )
    return redirect("/retention#held", 303)


def _about_what(detail: str, given: Mapping[str, str]) -> tuple[FieldError, ...]:
    """Return a mistake beside the field that names what to hold."""
    field = "person_id" if "person_id" in given else "referral_id"
    return (FieldError(pointer=f"/{field}", detail=detail),)


def _page(errors: tuple[FieldError, ...] = ()) -> str:
    uow = this_own_uow()
    found = report(uow)
    return render_template(
        "referral/retention.html",
        report=found,
        names=uow.store.copies.names(
            [due.keeper for due in found.due] + [one.sender for one in found.questions]
        ),
        reasons=HOLD_REASONS,
        days=AHEAD.days,
        today=uow.now.date(),
        errors=errors,
        said=request.form,
        longest=SENTENCE,
    )
