"""Pages of advice without a referral: what was asked, one question, and the form to ask."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import Schema, ValidationError

from onward.errors import ConflictError, InvalidError, NotFoundError
from onward.languages import marked
from onward.web import Page, PageQuery, allow, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.paging import next_url
from services.referral.domain.advice import Stage
from services.referral.domain.moves import Party
from services.referral.handlers.advising import ask_advice, close_advice, read_advice, say_on
from services.referral.storage.advice import Order
from services.referral.web.advice import QuestionBody, WordBody, advice_position
from services.referral.web.refusing import refused
from services.referral.web.request import own_organisation, this_uow, this_vault
from services.referral.web.wording import Names
from services.referral.web.workers import WORKERS

advice_pages = Blueprint("advice_pages", __name__, template_folder="templates")

SHOWN: Final = 30
STAGES: Final = {
    Stage.ASKED: (marked("Waits for an answer"), "blue"),
    Stage.ANSWERED: (marked("Answered"), "green"),
    Stage.CLOSED: (marked("Closed"), "grey"),
    Stage.REFERRED: (marked("Turned into a referral"), "aqua-green"),
}
"""What a stage is called, and the colour of its tag."""


@advice_pages.get("/advice")
@allow(*WORKERS)
@transactional
def listed() -> str:
    """Show what we were asked, or have asked, the latest first."""
    uow, organisation = this_uow(), own_organisation()
    by_us = request.args.get("show") == Order.ASKED_BY_US
    order = Order.ASKED_BY_US if by_us else Order.ASKED_OF_US
    page = _page()
    rows = uow.store.advice.listed(organisation, order, after=page.after, most=page.fetch)
    found = page.cut(rows, advice_position)
    ids = {id_ for one in found for id_ in (one.service_id, one.sender, one.recipient)}
    return render_template(
        "referral/advice.html",
        found=found,
        by_us=by_us,
        name=Names(uow.store.copies.names(ids)),
        more=next_url(advice_position(found[-1])) if len(rows) > len(found) else None,
        STAGES=STAGES,
    )


@advice_pages.get("/advice/new")
@allow(*WORKERS)
@transactional
def new() -> str:
    """Show the form to ask a service."""
    return _form()


@advice_pages.post("/advice")
@allow(*WORKERS)
@transactional
def ask() -> Any:
    """Ask, or show the form again with what to change."""
    uow = this_uow()
    try:
        typed = _loaded(QuestionBody(), "service_id", "text")
        service = uow.store.copies.service(typed["service_id"])
        asked = ask_advice(uow, this_vault(), service, typed["text"])
    except (ConflictError, InvalidError) as refusal:
        found = [(one.pointer.strip("/"), one.detail) for one in refusal.errors]
        return _form(found or [("", refusal.detail)]), 422
    flash(translated("Your question was sent."), "success")
    return redirect(f"/advice/{asked.id}", 303)


@advice_pages.get("/advice/<uuid:advice_id>")
@allow(*WORKERS)
@transactional
def one(advice_id: UUID) -> str:
    """Show a question with all that was said on it, and what can be done."""
    found = read_advice(this_uow(), this_vault(), advice_id)
    advice = found.advice
    ids = [advice.service_id, advice.sender, advice.recipient]
    return render_template(
        "referral/advice_one.html",
        advice=advice,
        words=found.words,
        asks=found.side is Party.SENDER,
        name=Names(this_uow().store.copies.names(ids)),
        said=STAGES[advice.stage],
    )


@advice_pages.post("/advice/<uuid:advice_id>/words")
@allow(*WORKERS)
@transactional
def say(advice_id: UUID) -> Any:
    """Answer, or ask on."""
    back = f"/advice/{advice_id}"
    try:
        say_on(this_uow(), this_vault(), advice_id, _loaded(WordBody(), "text")["text"])
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(translated("Sent."), "success")
    return redirect(back, 303)


@advice_pages.post("/advice/<uuid:advice_id>/close")
@allow(*WORKERS)
@transactional
def close(advice_id: UUID) -> Any:
    """Let nothing follow from it."""
    try:
        close_advice(this_uow(), advice_id)
    except ConflictError as refusal:
        return refused(refusal, f"/advice/{advice_id}")
    flash(translated("The question is closed."), "success")
    return redirect("/advice", 303)


def _form(mistakes: list[tuple[str, str]] | None = None) -> str:
    uow, organisation = this_uow(), own_organisation()
    services = [one for one in uow.store.copies.active_services() if one.recipient != organisation]
    if not services:
        raise NotFoundError("service")
    return render_template(
        "referral/advice_ask.html",
        services=services,
        providers=uow.store.copies.names(one.recipient for one in services),
        chosen=request.form.get("service_id") or request.args.get("service", ""),
        text=request.form.get("text", ""),
        mistakes=mistakes or [],
        wrong=dict(mistakes or []),
    )


def _loaded(schema: Schema, *names: str) -> dict[str, Any]:
    filled = {name: text for name in names if (text := request.form.get(name, "").strip())}
    try:
        return dict(schema.load(filled))
    except ValidationError as error:
        raise invalid(error) from None


def _page() -> Page:
    asked = {"after": request.args["after"]} if "after" in request.args else {}
    try:
        return Page.of(PageQuery().load({**asked, "limit": SHOWN}))
    except ValidationError as error:
        raise invalid(error) from None
