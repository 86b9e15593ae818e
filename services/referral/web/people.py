"""People over the API: found by name and date of birth, erased for a reason."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.identity import Role
from onward.web import Blueprint, allow, transactional
from onward.web.schemas import Code, Schema, Text
from services.referral.domain.person import Person
from services.referral.handlers.erasing import REASONS, Erased, erase_person, find_people
from services.referral.web.request import HANDS, this_uow, this_vault

people = Blueprint(
    "people",
    __name__,
    url_prefix="/api/v1/people",
    description="People in your own organisation's records.",
)


class SearchBody(Schema):
    """Whom to look for; in the body, so that no name stands in an address."""

    given_name = Text(100, required=True, metadata={"example": "Samuel"})
    family_name = Text(100, required=True, metadata={"example": "Marsh"})
    birth_date = fields.Date(required=True)


class FoundSchema(Schema):
    """One record of your organisation."""

    id = fields.UUID(required=True)
    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    known_as = fields.String(allow_none=True)
    birth_date = fields.Date(required=True)


class ErasureBody(Schema):
    """Why a person is erased."""

    reason = Code(*REASONS, required=True, metadata={"example": "requested"})


class ErasedSchema(Schema):
    """A record that opens no more."""

    person_id = fields.UUID(required=True)
    erased_at = fields.AwareDateTime(required=True)
    referrals = fields.Integer(
        required=True, metadata={"description": "How many remain, naming nobody."}
    )


@people.route("/search")
class Search(MethodView):
    """Looking for somebody."""

    @allow(*HANDS)
    @transactional
    @people.arguments(SearchBody)
    @people.response(200, FoundSchema(many=True))
    def post(self, body: Mapping[str, Any]) -> Sequence[Person]:
        """Find your own records of somebody by name and date of birth, exactly but for spelling marks."""
        return find_people(this_uow(), this_vault(), **body)


@people.route("/<uuid:person_id>/erasure")
class Erasure(MethodView):
    """The end of a record."""

    @allow(Role.OPERATOR)
    @transactional
    @people.arguments(ErasureBody)
    @people.response(201, ErasedSchema)
    @people.alt_response(404, description="There is no such person.")
    @people.alt_response(409, description="Erased before, or somebody still works with them.")
    def post(self, body: Mapping[str, Any], person_id: UUID) -> Erased:
        """Destroy the key to everything about a person. It cannot be undone."""
        return erase_person(this_uow(), person_id, reason=body["reason"])
