"""Advice without a referral over the API."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields

from onward.web import Blueprint, Page, PageQuery, allow, transactional
from onward.web.schemas import Schema, Text
from services.referral.domain.advice import Advice, Stage
from services.referral.handlers.advising import (
    Asked,
    ask_advice,
    close_advice,
    read_advice,
    say_on,
)
from services.referral.storage.advice import Order
from services.referral.web.request import HANDS, own_organisation, this_uow, this_vault
from services.referral.web.schemas import SENTENCE

advice = Blueprint(
    "advice",
    __name__,
    url_prefix="/api/v1/advice",
    description="Questions without a referral, about nobody by name.",
)
NONE: Final = {"description": "There is none that your organisation asked or was asked."}
SETTLED: Final = {"description": "It was closed, or turned into a referral."}


class QuestionBody(Schema):
    """A question to a service."""

    service_id = fields.UUID(required=True)
    text = Text(
        SENTENCE,
        required=True,
        multiline=True,
        metadata={
            "description": "Says nothing that tells who somebody is.",
            "example": "Do you take somebody of 17 who turns 18 in a month?",
        },
    )


class WordBody(Schema):
    """An answer, or a further question."""

    text = Text(SENTENCE, required=True, multiline=True)


class AdviceQuery(PageQuery):
    """Which questions to list."""

    order = fields.Enum(
        Order,
        by_value=True,
        load_default=Order.ASKED_OF_US,
        data_key="show",
        metadata={"description": "What you were asked, or what you have asked."},
    )


class AdviceSchema(Schema):
    """A question, and where it stands. To refer afterwards, name it in ``POST /referrals`` as advice_id."""

    id = fields.UUID(required=True)
    service_id = fields.UUID(required=True)
    sender = fields.UUID(required=True, metadata={"description": "Who asks."})
    recipient = fields.UUID(required=True, metadata={"description": "Who is asked."})
    stage = fields.Enum(Stage, by_value=True, required=True)
    asked_at = fields.AwareDateTime(required=True)
    changed_at = fields.AwareDateTime(required=True)
    referral_id = fields.UUID(allow_none=True, metadata={"description": "What followed from it."})


class WordSchema(Schema):
    """Something that was said."""

    id = fields.UUID(required=True)
    organisation = fields.UUID(required=True)
    text = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class AskedSchema(AdviceSchema):
    """A question with all that was said on it."""

    words = fields.List(fields.Nested(WordSchema), required=True)


@advice.route("")
class Questions(MethodView):
    """Questions."""

    @allow(*HANDS)
    @transactional
    @advice.arguments(AdviceQuery, location="query")
    @advice.response(200, AdviceSchema(many=True))
    def get(self, query: Mapping[str, Any]) -> Sequence[Advice]:
        """List what your organisation was asked, or has asked, the latest first; no words are in it."""
        page = Page.of(query)
        found = this_uow().store.advice.listed(
            own_organisation(), query["order"], after=page.after, most=page.fetch
        )
        return page.cut(found, advice_position)

    @allow(*HANDS)
    @transactional
    @advice.arguments(QuestionBody)
    @advice.response(201, AskedSchema)
    @advice.alt_response(409, description="The service takes nobody at the moment.")
    def post(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Ask a service for advice. No agreement is needed, so say nothing that tells who it is about."""
        service = this_uow().store.copies.service(body["service_id"])
        asked = ask_advice(this_uow(), this_vault(), service, body["text"])
        return shown(asked.id), {"Location": f"/api/v1/advice/{asked.id}"}


@advice.route("/<uuid:advice_id>")
class OneQuestion(MethodView):
    """One question."""

    @allow(*HANDS)
    @transactional
    @advice.response(200, AskedSchema)
    @advice.alt_response(404, **NONE)
    def get(self, advice_id: UUID) -> dict[str, Any]:
        """Read a question with all that was said on it. The read is recorded."""
        return shown(advice_id)


@advice.route("/<uuid:advice_id>/words")
class Words(MethodView):
    """What is said."""

    @allow(*HANDS)
    @transactional
    @advice.arguments(WordBody)
    @advice.response(201, AskedSchema)
    @advice.alt_response(404, **NONE)
    @advice.alt_response(409, **SETTLED)
    def post(self, body: Mapping[str, Any], advice_id: UUID) -> dict[str, Any]:
        """Answer as the one who was asked; ask on as the one who asked."""
        say_on(this_uow(), this_vault(), advice_id, body["text"])
        return shown(advice_id)


@advice.route("/<uuid:advice_id>/close")
class Closing(MethodView):
    """The end of a question."""

    @allow(*HANDS)
    @transactional
    @advice.response(200, AdviceSchema)
    @advice.alt_response(404, **NONE)
    @advice.alt_response(409, **SETTLED)
    def post(self, advice_id: UUID) -> Advice:
        """Close a question from which nothing follows; either side may."""
        return close_advice(this_uow(), advice_id)


def advice_position(one: Advice) -> list[Any]:
    """Return where *one* stands in a list."""
    return [one.changed_at.isoformat(), one.id]


def shown(advice_id: UUID) -> dict[str, Any]:
    """Read a question; return it with all that was said on it."""
    found: Asked = read_advice(this_uow(), this_vault(), advice_id)
    return {**asdict(found.advice), "words": found.words}
