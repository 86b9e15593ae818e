"""Goals of a handoff, over the API and by forms on the referral's page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import flask
from flask import flash, redirect, request
from flask.views import MethodView
from marshmallow import Schema as Loaded
from marshmallow import ValidationError, fields

from onward.errors import ConflictError, InvalidError
from onward.languages import marked
from onward.web import Blueprint, allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.schemas import Schema, Text, Whole
from services.referral.domain.conversation import Visibility
from services.referral.domain.goals import CLOSEST, Goal, Progress
from services.referral.handlers.aiming import read_goals, review_goal, set_goal
from services.referral.web.refusing import refused
from services.referral.web.request import HANDS, this_uow, this_vault
from services.referral.web.schemas import SENTENCE
from services.referral.web.workers import WORKERS

goals = Blueprint(
    "goals", __name__, url_prefix="/api/v1/handoffs", description="What people want to reach."
)
goal_pages = flask.Blueprint("goal_pages", __name__)

NONE: Final = {"description": "There is none that you are party to."}
NOT_YET: Final = {"description": "You have not taken the person on, or there are enough."}


class GoalBody(Schema):
    """Something that the person wants to reach."""

    text = Text(500, required=True, multiline=True, metadata={"example": "Cook twice a week."})
    closeness = Whole(
        0, CLOSEST, required=True, metadata={"description": "0: not at all; 10: reached."}
    )
    set_on = fields.Date(metadata={"description": "Today where it is left out."})
    visibility = fields.Enum(
        Visibility,
        by_value=True,
        load_default=Visibility.OWN,
        metadata={"description": "both: the sender may read it, too."},
    )


class ReviewBody(Schema):
    """How a goal stands when it is looked at again."""

    progress = fields.Enum(Progress, by_value=True, required=True)
    closeness = Whole(0, CLOSEST, required=True)
    reviewed_on = fields.Date(metadata={"description": "Today where it is left out."})
    note = Text(SENTENCE, multiline=True, load_default=None, allow_none=True)


class ReviewSchema(Schema):
    """One look back at a goal."""

    id = fields.UUID(required=True)
    progress = fields.Enum(Progress, by_value=True, required=True)
    closeness = fields.Integer(required=True)
    reviewed_on = fields.Date(required=True)
    note = fields.String(allow_none=True)
    at = fields.AwareDateTime(required=True)


class GoalSchema(Schema):
    """A goal, and how it stands."""

    id = fields.UUID(required=True)
    handoff_id = fields.UUID(required=True)
    text = fields.String(required=True)
    closeness = fields.Integer(required=True, metadata={"description": "When it was set."})
    set_on = fields.Date(required=True)
    visibility = fields.Enum(Visibility, by_value=True, required=True)
    progress = fields.Enum(Progress, by_value=True, allow_none=True)
    reviews = fields.List(fields.Nested(ReviewSchema), required=True)
    at = fields.AwareDateTime(required=True)


@goals.route("/<uuid:handoff_id>/goals")
class Goals(MethodView):
    """The goals."""

    @allow(*HANDS)
    @transactional
    @goals.response(200, GoalSchema(many=True))
    @goals.alt_response(404, **NONE)
    def get(self, handoff_id: UUID) -> Sequence[Goal]:
        """Read the goals and how they stand: all as the recipient, those shared as the sender."""
        return read_goals(this_uow(), this_vault(), handoff_id)

    @allow(*HANDS)
    @transactional
    @goals.arguments(GoalBody)
    @goals.response(201, GoalSchema)
    @goals.alt_response(404, **NONE)
    @goals.alt_response(409, **NOT_YET)
    def post(self, body: Mapping[str, Any], handoff_id: UUID) -> Goal:
        """Set a goal with the person, in their words, and how close to it they feel."""
        return _set(body, handoff_id)


@goals.route("/<uuid:handoff_id>/goals/<uuid:goal_id>/reviews")
class Reviews(MethodView):
    """How one stands."""

    @allow(*HANDS)
    @transactional
    @goals.arguments(ReviewBody)
    @goals.response(201, GoalSchema)
    @goals.alt_response(404, **NONE)
    @goals.alt_response(409, **NOT_YET)
    def post(self, body: Mapping[str, Any], handoff_id: UUID, goal_id: UUID) -> Goal:
        """Look at a goal again. A correction is another review: the latest counts."""
        return _review(body, handoff_id, goal_id)


@goal_pages.post("/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/goals")
@allow(*WORKERS)
@transactional
def aim(referral_id: UUID, handoff_id: UUID) -> Any:
    """Set a goal by form."""

    def done() -> str:
        _set(_typed(GoalBody(), "text", "closeness", "visibility"), handoff_id)
        return marked("The goal is set.")

    return _do(referral_id, done)


@goal_pages.post(
    "/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>/goals/<uuid:goal_id>/reviews"
)
@allow(*WORKERS)
@transactional
def look_again(referral_id: UUID, handoff_id: UUID, goal_id: UUID) -> Any:
    """Keep by form how a goal stands."""

    def done() -> str:
        _review(_typed(ReviewBody(), "progress", "closeness", "note"), handoff_id, goal_id)
        return marked("Kept.")

    return _do(referral_id, done)


def _set(body: Mapping[str, Any], handoff_id: UUID) -> Goal:
    given = {"set_on": None, **body}
    return set_goal(this_uow(), this_vault(), handoff_id, **given)


def _review(body: Mapping[str, Any], handoff_id: UUID, goal_id: UUID) -> Goal:
    given = {"reviewed_on": None, **body}
    return review_goal(this_uow(), this_vault(), handoff_id, goal_id, **given)


def _typed(schema: Loaded, *names: str) -> dict[str, Any]:
    """Return what was filled in, checked as the API checks it."""
    filled = {name: text for name in names if (text := request.form.get(name, "").strip())}
    closeness = filled.get("closeness", "")
    number = int(closeness) if closeness.isascii() and closeness.isdigit() else closeness
    try:
        return dict(schema.load({**filled, "closeness": number}))
    except ValidationError as error:
        raise invalid(error) from None


def _do(referral_id: UUID, done: Callable[[], str]) -> Any:
    back = f"/referrals/{referral_id}"
    try:
        text = done()
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(translated(text), "success")
    return redirect(f"{back}#goals", 303)
