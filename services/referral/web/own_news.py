"""Where a person, or a worker with their word, says how they want to be told that there is news."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from onward.errors import ConflictError, InvalidError, NotFoundError, Refused
from onward.web import allow, public, transactional
from services.referral.domain.news import Times, Way, read_times, read_way
from services.referral.handlers.wishing import read_own_wish, wish_as_person, wish_through_worker
from services.referral.web.news_wording import ways_set_up
from services.referral.web.own_page import as_person, nothing_here, person_said, person_texts
from services.referral.web.refusing import refused
from services.referral.web.request import this_uow, this_vault
from services.referral.web.workers import WORKERS

own_news = Blueprint("own_news", __name__, template_folder="templates")


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
    told = "The person is told that there is news." if way else "The person is told nothing."
    flash(f"{told} They can change this on their page.", "success")
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
