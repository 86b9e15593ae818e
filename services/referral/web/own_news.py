"""Where a person, or a worker with their word, says how they want to be told that there is news."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import flask
from flask import flash, redirect, render_template, request
from flask.views import MethodView
from marshmallow import fields

from onward.errors import ConflictError, InvalidError, NotFoundError, Refused
from onward.web import Blueprint, allow, public, transactional
from onward.web.languages import translated
from onward.web.schemas import Schema
from services.referral.domain.news import Times, Way, read_times, read_way
from services.referral.handlers.wishing import (
    Told,
    read_own_wish,
    read_told,
    wish_as_person,
    wish_through_worker,
)
from services.referral.web.news_wording import ways_set_up
from services.referral.web.own_page import as_person, nothing_here, person_said, person_texts
from services.referral.web.refusing import refused
from services.referral.web.request import HANDS, this_uow, this_vault
from services.referral.web.workers import WORKERS

wishes = Blueprint(
    "wishes",
    __name__,
    url_prefix="/api/v1/referrals",
    description="How people want to be told that there is news.",
)
own_news = flask.Blueprint("own_news", __name__, template_folder="templates")


class WishBody(Schema):
    """What the person has said."""

    way = fields.Enum(
        Way,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={"description": "null: they want to be told nothing."},
    )
    times = fields.Enum(
        Times,
        by_value=True,
        load_default=Times.DAY,
        metadata={"description": "When it is safe, by London's clock."},
    )


class WishSchema(Schema):
    """What they want."""

    way = fields.Enum(Way, by_value=True, required=True)
    times = fields.Enum(Times, by_value=True, required=True)
    asked_by = fields.String(
        required=True, metadata={"description": "person, or worker with the person's word."}
    )
    asked_at = fields.AwareDateTime(required=True)


class ReceiptSchema(Schema):
    """What became of one message."""

    at = fields.AwareDateTime(required=True)
    way = fields.Enum(Way, by_value=True, required=True)
    code = fields.String(
        allow_none=True, metadata={"description": "Why they were not told; null: it was taken."}
    )


class ToldSchema(Schema):
    """How a person is told, and what became of it."""

    wish = fields.Nested(WishSchema, allow_none=True)
    why_not = fields.Dict(
        keys=fields.Enum(Way, by_value=True),
        values=fields.String(allow_none=True),
        metadata={"description": "Per way, why it cannot be chosen; null: it can."},
    )
    receipts = fields.List(
        fields.Nested(ReceiptSchema), metadata={"description": "The last ten, the newest first."}
    )


@wishes.route("/<uuid:referral_id>/own-page/news")
class News(MethodView):
    """Word to the person that there is news."""

    @allow(*HANDS)
    @transactional
    @wishes.response(200, ToldSchema)
    @wishes.alt_response(404, description="There is none that you are party to.")
    def get(self, referral_id: UUID) -> Told:
        """Read how the person is told that there is news, and what they were sent."""
        return read_told(this_uow(), this_vault(), referral_id, set_up=ways_set_up())

    @allow(*HANDS)
    @transactional
    @wishes.arguments(WishBody)
    @wishes.response(200, ToldSchema)
    @wishes.alt_response(404, description="There is none that you are party to.")
    @wishes.alt_response(409, description="They have no page, or may not be told this way.")
    def put(self, body: Mapping[str, Any], referral_id: UUID) -> Told:
        """Record, with the person's word, how they want to be told; they can change it on their page."""
        uow, vault, ways = this_uow(), this_vault(), ways_set_up()
        wish_through_worker(uow, vault, referral_id, body["way"], body["times"], set_up=ways)
        return read_told(uow, vault, referral_id, set_up=ways)


@own_news.post("/referrals/<uuid:referral_id>/own-page/news")
@allow(*WORKERS)
@transactional
def wish(referral_id: UUID) -> Any:
    """Record how the person has said they want to be told."""
    back = f"/referrals/{referral_id}/own-page"
    try:
        way, times = _chosen()
        wish_through_worker(
            this_uow(), this_vault(), referral_id, way, times, set_up=ways_set_up()
        )
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    told = translated(
        "The person is told that there is news. They can change this on their page."
        if way
        else "The person is told nothing. They can change this on their page."
    )
    flash(told, "success")
    return redirect(back, 303)


@own_news.get("/my/<token>/news")
@public
def before_choosing(token: str) -> Any:
    """Show the person how they are told, and what they can choose."""
    try:
        with as_person(token) as uow:
            told = read_own_wish(uow, this_vault(), token, set_up=ways_set_up())
    except NotFoundError:
        return nothing_here()
    open_ways = [way for way, why_not in told.why_not.items() if why_not is None]
    return render_template(
        "referral/my_news.html",
        token=token,
        told=told,
        ways=open_ways,
        times=list(Times),
        **person_said(),
    )


@own_news.post("/my/<token>/news")
@public
def choose(token: str) -> Any:
    """Record how the person wants to be told."""
    said = person_texts()
    try:
        with _refusals_shown(said("news_refused")), as_person(token) as uow:
            way, times = _chosen()
            wish_as_person(uow, this_vault(), token, way, times, set_up=ways_set_up())
            flash(said("news_done_some" if way else "news_done_none"), "success")
    except NotFoundError:
        return nothing_here()
    return redirect(f"/my/{token}/news", 303)


@contextmanager
def _refusals_shown(text: str) -> Iterator[None]:
    """Say *text* on the page where the choice cannot be; what was begun is undone before."""
    try:
        yield
    except NotFoundError:
        raise
    except Refused:
        flash(text, "error")


def _chosen() -> tuple[Way | None, Times]:
    way = read_way(request.form.get("way", ""))
    return way, read_times(request.form.get("times", "")) if way else Times.DAY
