"""The referral service's pages: start, inbox, what was sent, and one referral with what can be done."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import ValidationError

from onward.errors import ConflictError, ForbiddenError, InvalidError, StaleVersionError
from onward.web import Page, PageQuery, allow, current_actor, safe_next, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated
from onward.web.paging import next_url
from services.referral.domain.advice import Advice
from services.referral.domain.effects import Command
from services.referral.domain.handoff import Handoff, Urgency, allowed_actions
from services.referral.domain.moves import OPEN, Action, Status
from services.referral.domain.submission import Routing
from services.referral.handlers.acting import act
from services.referral.handlers.aiming import goals_seen
from services.referral.handlers.conversing import read_talk
from services.referral.handlers.measuring import outcomes_seen
from services.referral.handlers.reading import read_pack, read_referral, tell_list_read
from services.referral.handlers.submitting import route
from services.referral.handlers.visibility import teams_of
from services.referral.storage.worklists import Filter, Item
from services.referral.web.handoffs import inbox_position
from services.referral.web.outcome_pages import goal_facts, outcome_facts
from services.referral.web.refusing import refused
from services.referral.web.request import (
    own_organisation,
    telling_refused_routing,
    this_uow,
    this_vault,
)
from services.referral.web.schemas import ACTIONS, ActionBody, VersionField
from services.referral.web.story import facts
from services.referral.web.talk import talk_facts
from services.referral.web.wording import DONE, SAID, URGENCIES, VERBS
from services.referral.web.workers import WORKERS
from services.referral.web.working import next_to_answer

pages = Blueprint("referral_pages", __name__, template_folder="templates")

SHOWN: Final = 30
SOON: Final = timedelta(days=1)
"""How long before its day a review is asked for."""
AT_ONCE: Final = (Action.ACKNOWLEDGE, Action.ACCEPT, Action.START, Action.RESUME)
"""Moves that the worklist offers with one click."""
VIEWS: Final[Mapping[str, frozenset[Status]]] = {
    "open": OPEN,
    "new": frozenset({Status.REQUESTED}),
    "waiting": frozenset({Status.REQUESTED, Status.ACKNOWLEDGED}),
    "overdue": OPEN,
    "list": frozenset({Status.WAITLISTED}),
    "review": frozenset({Status.IN_PROGRESS, Status.ON_HOLD}),
    "closed": frozenset(Status) - OPEN - {Status.DRAFT},
}
"""What the inbox can show."""
SENT: Final[Mapping[str, frozenset[Status]]] = {
    "all": frozenset(Status),
    "open": OPEN,
    "questions": frozenset({Status.INFO_REQUESTED}),
    "back": frozenset({Status.REJECTED, Status.EXPIRED, Status.FAILED, Status.CANCELLED}),
    "drafts": frozenset({Status.DRAFT}),
    "done": frozenset({Status.COMPLETED}),
}
"""What the list of sent referrals can show."""


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"SAID": SAID, "URGENCIES": URGENCIES, "VERBS": VERBS}


@pages.get("/")
@allow()
@transactional
def start() -> str:
    """Show what waits, to those who work with referrals; to others, the way to their pages."""
    if current_actor().role not in WORKERS:
        return render_template("referral/start.html", counts=None, asked=[], advice=0)
    uow = this_uow()
    asked = uow.store.worklists.sent(
        this_vault(), own_organisation(), SENT["questions"], after=None, most=5
    )
    tell_list_read(uow, "referrals", asked)
    return render_template(
        "referral/start.html",
        counts=_counts(),
        asked=asked,
        advice=uow.store.advice.waiting(own_organisation()),
        teams=bool(teams_of(uow)),
    )


@pages.get("/inbox")
@allow(*WORKERS)
@transactional
def inbox() -> str:
    """Show what was asked of us, most urgent first."""
    uow = this_uow()
    show = _one_of(request.args.get("show"), VIEWS, "open")
    urgency = _urgency(request.args.get("urgency"))
    page = _page()
    wanted = Filter(
        statuses=VIEWS[show],
        urgency=urgency,
        overdue_at=uow.now if show == "overdue" else None,
        review_at=uow.now + SOON if show == "review" else None,
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
    more = next_url(inbox_position(items[-1])) if len(rows) > len(items) else None
    offered = [(item, _at_once(item.handoff)) for item in items]
    return render_template(
        "referral/inbox.html",
        items=offered,
        can_choose=any(Action.ACKNOWLEDGE in at_once for _, at_once in offered),
        counts=_counts(),
        advice=uow.store.advice.waiting(own_organisation()),
        show=show,
        urgency=urgency,
        more=more,
    )


@pages.get("/referrals")
@allow(*WORKERS)
@transactional
def sent() -> str:
    """Show what we sent, newest first."""
    uow = this_uow()
    show = _one_of(request.args.get("show"), SENT, "all")
    page = _page()
    rows = uow.store.worklists.sent(
        this_vault(), own_organisation(), SENT[show], after=page.after, most=page.fetch
    )
    items = page.cut(rows, _sent_position)
    tell_list_read(uow, "referrals", items)
    more = next_url(_sent_position(items[-1])) if len(rows) > len(items) else None
    return render_template("referral/sent.html", items=items, show=show, more=more)


@pages.get("/referrals/<uuid:referral_id>")
@allow(*WORKERS)
@transactional
def referral(referral_id: UUID) -> str:
    """Show one referral: who has it now, what was said and told, and what can be done."""
    uow, vault, organisation = this_uow(), this_vault(), own_organisation()
    story = read_referral(uow, vault, referral_id)
    newest = story.seen.newest
    pack, closed = None, ""
    if not story.seen.as_sender:
        try:
            pack = read_pack(uow, vault, newest.id)
        except ForbiddenError as refusal:
            pack, closed = {}, refusal.detail
    services = []
    shown = facts(story, pack, now=uow.now, organisation=organisation)
    if shown["can_route"]:
        agreed = {one.to_organisation for one in uow.store.copies.agreements_from(organisation)}
        services = [one for one in uow.store.copies.active_services() if one.recipient in agreed]
    talk = read_talk(uow, vault, story.seen)
    shown |= talk_facts(story, talk, organisation=organisation, now=uow.now)
    shown |= outcome_facts(newest, outcomes_seen(uow, vault, story.seen), organisation)
    shown |= goal_facts(newest, goals_seen(uow, vault, story.seen))
    shown["advice"] = _advice(referral_id)
    held = uow.store.retention.holds_on(story.seen.referral.person_id, referral_id)
    return render_template(
        "referral/referral.html", services=services, closed=closed, held=held, **shown
    )


@pages.post(
    "/referrals/<uuid:referral_id>/handoffs/<uuid:handoff_id>"
    f"/<any({', '.join(repr(name) for name in ACTIONS)}):action>"
)
@allow(*WORKERS)
@transactional
def take(referral_id: UUID, handoff_id: UUID, action: str) -> Any:
    """Take an action by form, then show where it led."""
    back = safe_next(request.form.get("next"), f"/referrals/{referral_id}")
    try:
        version, said = _said()
        command = Command(action=Action(action), **said)
        act(this_uow(), this_vault(), handoff_id, version, command)
    except (ConflictError, StaleVersionError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(f"{translated(DONE[Action(action)])}.", "success")
    if request.form.get("then") == "next":
        back = next_to_answer(besides=handoff_id)
    return redirect(back, 303)


@pages.post("/referrals/<uuid:referral_id>/handoffs")
@allow(*WORKERS)
@transactional
def ask_again(referral_id: UUID) -> Any:
    """Send a draft, or ask another service."""
    back = f"/referrals/{referral_id}"
    try:
        with telling_refused_routing(referral_id):
            chosen = request.form.get("service_id")
            routing = Routing(service_id=UUID(chosen) if chosen else None)
            route(this_uow(), this_vault(), referral_id, routing)
    except ValueError:
        flash(translated("Choose a service from the list."), "error")
        return redirect(back, 303)
    except (ConflictError, InvalidError) as refusal:
        return refused(refusal, back)
    flash(translated("The referral was sent."), "success")
    return redirect(back, 303)


def _advice(referral_id: UUID) -> Advice | None:
    """Return the question that a referral followed from, where we stand on a side of it."""
    found = this_uow().store.advice.of_referral(referral_id)
    return found if found and found.side(own_organisation()) else None


def _said() -> tuple[int, dict[str, Any]]:
    """Return the version the form was drawn from, and what was filled in."""
    filled = {
        name: text
        for name in ("reason", "sentence", "outcome")
        if (text := request.form.get(name, "").strip())
    }
    try:
        version = VersionField().deserialize(_number(request.form.get("version", "")))
        return version, dict(ActionBody().load(filled))
    except ValidationError as error:
        raise invalid(error) from None


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _at_once(handoff: Handoff) -> list[Action]:
    allowed = allowed_actions(handoff, *handoff.parties(own_organisation()))
    return [action for action in AT_ONCE if action in allowed]


def _counts() -> Any:
    uow = this_uow()
    return uow.store.worklists.counts(own_organisation(), uow.now, review_by=uow.now + SOON)


def _page() -> Page:
    asked = {"after": request.args["after"]} if "after" in request.args else {}
    try:
        query = PageQuery().load({**asked, "limit": SHOWN})
    except ValidationError as error:
        raise invalid(error) from None
    return Page.of(query)


def _sent_position(item: Item) -> list[Any]:
    return [item.handoff.created_at.isoformat(), item.handoff.id]


def _one_of(asked: str | None, known: Mapping[str, Any], otherwise: str) -> str:
    return asked if asked is not None and asked in known else otherwise


def _urgency(asked: str | None) -> str | None:
    return asked if asked in set(Urgency) else None
