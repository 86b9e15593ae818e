"""Choose in whose team one works: one's own organisation's, or that of a host one is placed with."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from onward.errors import ForbiddenError
from onward.web import allow, change_session, current_caller, transactional
from onward.web.languages import translated
from onward.web.sessions import Session, Team
from services.referral.handlers.visibility import enter_team, teams_of
from services.referral.web.request import this_own_uow
from services.referral.web.workers import WORKERS

teams = Blueprint("teams", __name__, template_folder="templates")


@teams.get("/teams")
@allow(*WORKERS)
@transactional
def choose() -> str:
    """Show the teams that the caller sits in."""
    uow, session = this_own_uow(), _session()
    own = uow.store.copies.names([uow.actor.organisation] if uow.actor.organisation else [])
    return render_template(
        "referral/teams.html",
        own=next(iter(own.values()), translated("Your own organisation")),
        hosts=sorted(teams_of(uow).items(), key=lambda one: one[1]),
        now_in=session.team.host if session.team else None,
    )


@teams.post("/teams")
@allow(*WORKERS)
@transactional
def enter() -> Any:
    """Work in another team from now on, or for one's own organisation again."""
    uow, session = this_own_uow(), _session()
    chosen = request.form.get("host", "")
    if not chosen:
        change_session(session.within(None))
        flash(translated("You work for your own organisation again."), "success")
        return redirect("/", 303)
    sits_in = {str(host): (host, name) for host, name in teams_of(uow).items()}
    if chosen not in sits_in:
        flash(translated("You do not sit in that team now."), "error")
        return redirect("/teams", 303)
    host, name = sits_in[chosen]
    enter_team(uow, host)
    change_session(session.within(Team(host=host, name=name)))
    flash(translated("You now work in the team of %(team)s.", team=name), "success")
    return redirect("/", 303)


def _session() -> Session:
    """Return the browser's session; programs name the team in each request instead."""
    caller = current_caller()
    if caller is None or caller.session is None:
        raise ForbiddenError("browser-only", "Name the team in the header Onward-Team instead.")
    return caller.session
