"""Whom a service takes, over the API: the questions it asks, and what it answers for one person."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask
from flask.views import MethodView
from marshmallow import fields, validate

from onward.errors import NotFoundError
from onward.web import Blueprint, allow, public, revalidated, transactional
from onward.web.schemas import Schema
from services.directory.domain import eligibility as rules
from services.directory.domain.eligibility import Assessment
from services.directory.domain.eligibility.assessing import Finding
from services.directory.domain.eligibility.facts import MOST_FACTS, Fact
from services.directory.domain.eligibility.rules import Eligibility
from services.directory.domain.eligibility.schema import schema as eligibility_schema
from services.directory.domain.opening.schema import schema as opening_schema
from services.directory.handlers.matching import assess, eligibility_of
from services.directory.web.reach import this_uow

eligibility = Blueprint(
    "eligibility", __name__, url_prefix="/api/v1/services", description="Whom a service takes."
)
schemas = flask.Blueprint("directory_schemas", __name__)
SCHEMAS = {"eligibility": eligibility_schema, "opening": opening_schema}
ASKS = {
    "description": "What is known about the person, by the fact's name; null, or left out: not known.",
    "example": {"age": 34, "in_crisis": True, "district": "E07000178"},
}


def shown(finding: Finding) -> Any:
    """Return the value that *finding* found as JSON has it."""
    return sorted(finding.found) if isinstance(finding.found, frozenset) else finding.found


class FactsBody(Schema):
    """What is known about somebody; nothing that says who it is."""

    facts = fields.Dict(
        keys=fields.String(),
        required=True,
        validate=validate.Length(max=MOST_FACTS),
        metadata=ASKS,
    )


class QuestionSchema(Schema):
    """A fact that a rule asks for."""

    name = fields.String(metadata={"example": "age"})
    asks = fields.String(metadata={"example": "How old is the person, in years?"})
    kind = fields.String(metadata={"description": "number, flag, code or codes."})
    choices = fields.List(fields.String(), metadata={"description": "None: any code."})


class WhomSchema(Schema):
    """Whom a service takes."""

    words = fields.List(fields.String(), metadata={"description": "Every line has to hold."})
    questions = fields.List(fields.Nested(QuestionSchema))
    unstated = fields.List(fields.String())
    stated = fields.Boolean(metadata={"description": "False where nobody says whom it takes."})


class FindingSchema(Schema):
    """What one rule found."""

    pointer = fields.String(metadata={"example": "/rule/all/0"})
    says = fields.String(metadata={"example": "Over 18"})
    met = fields.String(metadata={"description": "met, not-met or unknown."})
    fact = fields.Function(lambda finding: finding.fact and finding.fact.name)
    found = fields.Function(shown, metadata={"description": "The fact's value."})
    decline = fields.String(allow_none=True, metadata={"example": "not-eligible"})
    decisive = fields.Boolean(metadata={"description": "Whether the outcome rests on it."})


class AssessmentSchema(Schema):
    """Whether a service is for the person, and why."""

    outcome = fields.String(metadata={"example": "needs-assessment"})
    findings = fields.List(fields.Nested(FindingSchema))
    missing = fields.List(fields.Nested(QuestionSchema))
    declines = fields.List(fields.String())
    notes = fields.List(fields.String())


@eligibility.route("/<uuid:service_id>/eligibility")
class ServiceEligibility(MethodView):
    """Whom one service takes."""

    @allow()
    @revalidated
    @transactional
    @eligibility.response(200, WhomSchema)
    @eligibility.alt_response(404, description="There is no such service.")
    def get(self, service_id: UUID) -> dict[str, Any]:
        """Read whom a service takes in words, and which facts its rules ask for."""
        store = this_uow().store
        return whom(eligibility_of(store, store.services.get(service_id)))

    @allow()
    @transactional
    @eligibility.arguments(FactsBody)
    @eligibility.response(200, AssessmentSchema)
    @eligibility.alt_response(404, description="There is no such service.")
    @eligibility.alt_response(422, description="A fact that no rule asks for, or of another kind.")
    def post(self, body: Mapping[str, Any], service_id: UUID) -> Assessment:
        """Hold what is known about somebody against a service's rules. Nothing is kept."""
        store = this_uow().store
        return assess(store, store.services.get(service_id), body["facts"])


@schemas.get("/directory/schemas/<name>.json")
@public
def schema(name: str) -> flask.Response:
    """Answer with the JSON Schema of a document that services keep, for editors and checks."""
    if name not in SCHEMAS:
        raise NotFoundError("schema")
    return flask.jsonify(SCHEMAS[name]())


def whom(found: Eligibility | None) -> dict[str, Any]:
    """Return *found* as `WhomSchema` writes it."""
    if found is None:
        return {"stated": False, "words": [], "questions": [], "unstated": []}
    asked: dict[str, Fact] = {one.fact.name: one.fact for one in found.comparisons()}
    return {
        "stated": True,
        "words": list(rules.in_words(found)),
        "questions": list(asked.values()),
        "unstated": list(found.unstated),
    }
