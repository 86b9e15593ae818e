"""The pages on which an organisation says who of its people is told, and reads what is said."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from onward.errors import FieldError, Refused
from onward.web import allow, current_uow, transactional
from onward.web.languages import translated
from onward.web.pages import words
from onward.web.problems import problem_for
from services.notification.domain.english import ENGLISH
from services.notification.domain.languages import LANGUAGES
from services.notification.domain.people import Team, TellingRule, Whom
from services.notification.domain.rules import Urgency
from services.notification.domain.saying import CATALOGUES, say
from services.notification.domain.wording import Facts
from services.notification.handlers import people
from services.notification.handlers.inbox import organisation_of
from services.notification.handlers.phrasing import until
from services.notification.web import people_schemas as schemas
from services.notification.web.integrations import KEEPERS
from services.notification.web.pages import PEOPLE
from services.notification.web.reading import read

ROLES: Final = tuple(role.value for role in PEOPLE)
_EXAMPLE: Final = Facts(
    service="Stepdown House",
    organisation="Response",
    reference="3F2A-91BC",
    until="",
)
_WHEN: Final = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

pages = Blueprint("telling_pages", __name__, template_folder="templates")


@pages.get("/integrations/people")
@allow(*KEEPERS)
@transactional
def overview() -> Any:
    """Show rules and teams, and who would be told of what was asked about."""
    asked = {name: text for name, text in request.args.items() if text.strip()}
    if "template" not in asked:
        return _page()
    try:
        query = read(schemas.PreviewQuery(), asked)
    except Refused as refusal:
        return _page(asked=asked, errors=refusal.errors), problem_for(refusal).status
    found = people.preview(
        current_uow(),
        template=query["template"],
        urgency=Urgency(query["urgency"]),
        service_id=query.get("service_id"),
        at=None,
    )
    return _page(asked=asked, preview=found)


@pages.post("/integrations/people/rules")
@allow(*KEEPERS)
@transactional
def add_rule() -> Any:
    """Add a rule."""
    form = request.form
    whom, _, name = form.get("who", "").partition("/")
    said = {"whom": whom, "name": name, "urgencies": form.getlist("urgencies")}
    said |= {"templates": form.getlist("templates")}
    if form.get("service_id"):
        said["service_id"] = form["service_id"]

    def add() -> None:
        new = read(schemas.NewRule(), said)
        people.add_rule(
            current_uow(),
            whom=Whom(new["whom"]),
            name=new["name"],
            templates=new["templates"],
            service_id=new["service_id"],
            urgencies=[Urgency(code) for code in new["urgencies"]],
        )

    return _done(add, translated("The rule was added."), said={**said, "who": form.get("who", "")})


@pages.post("/integrations/people/rules/<uuid:rule_id>/delete")
@allow(*KEEPERS)
@transactional
def delete_rule(rule_id: UUID) -> Any:
    """Take a rule away."""
    return _done(
        lambda: people.delete_rule(current_uow(), rule_id), translated("The rule was deleted.")
    )


@pages.post("/integrations/people/teams")
@allow(*KEEPERS)
@transactional
def add_team() -> Any:
    """Add a team."""
    said = {"name": request.form.get("name", ""), "members": request.form.getlist("members")}

    def add() -> None:
        new = read(schemas.NewTeam(), said)
        people.add_team(current_uow(), name=new["name"], members=new["members"])

    return _done(add, translated("The team was added."), said=said)


@pages.post("/integrations/people/teams/<uuid:team_id>")
@allow(*KEEPERS)
@transactional
def change_team(team_id: UUID) -> Any:
    """Give a team other members."""
    form = request.form
    said = {"name": form.get("name", ""), "members": form.getlist("members")}

    def change() -> None:
        new = read(schemas.NewTeam(), said)
        version = form.get("version", 0, type=int)
        people.change_team(
            current_uow(), team_id, name=new["name"], members=new["members"], version=version
        )

    return _done(change, translated("The team was saved."))


@pages.post("/integrations/people/teams/<uuid:team_id>/delete")
@allow(*KEEPERS)
@transactional
def delete_team(team_id: UUID) -> Any:
    """Take a team away."""
    return _done(
        lambda: people.delete_team(current_uow(), team_id), translated("The team was deleted.")
    )


@pages.get("/integrations/wordings")
@allow(*KEEPERS)
def wordings() -> str:
    """Show every sentence that is ever said, with examples in the place of facts."""
    language = request.args.get("language", "en")
    language = language if language in CATALOGUES else "en"
    example = replace(_EXAMPLE, until=until(_WHEN, language))
    said = [
        (code, say(code, example, about=UUID(int=0), language=language))
        for code in CATALOGUES[language]
    ]
    return render_template(
        "notification/wordings.html", said=said, language=language, languages=LANGUAGES
    )


def _done(work: Callable[[], None], text: str, *, said: Mapping[str, Any] = {}) -> Any:
    """Do *work* and say *text*, or draw the page with what is wrong."""
    try:
        work()
    except Refused as refusal:
        errors = refusal.errors or (FieldError(pointer="", detail=refusal.detail),)
        return _page(said=said, errors=errors), problem_for(refusal).status
    flash(text, "success")
    return redirect("/integrations/people", 303)


def _page(
    *,
    asked: Mapping[str, str] = {},
    preview: people.Preview | None = None,
    said: Mapping[str, Any] = {},
    errors: Any = (),
) -> str:
    uow = current_uow()
    rules, teams = people.mine(uow)
    workers = people.workers(uow)
    services = dict(uow.store.copies.services_of(organisation_of(uow.actor)))
    return render_template(
        "notification/people.html",
        rules=[(rule, _whom(rule, teams, dict(workers))) for rule in rules],
        teams=teams,
        workers=workers,
        names=dict(workers),
        roles=ROLES,
        services=services,
        templates=sorted(ENGLISH),
        urgencies=list(Urgency),
        asked=asked,
        preview=preview,
        said=said,
        errors=errors,
    )


def _whom(rule: TellingRule, teams: list[Team], workers: Mapping[str, str]) -> str:
    """Return in words whom a rule names."""
    if rule.whom is Whom.ROLE:
        return translated("Everybody who is %(role)s", role=translated(words(rule.name)).lower())
    if rule.whom is Whom.TEAM:
        names = {str(team.id): team.name for team in teams}
        return translated("Team %(team)s", team=names.get(rule.name, rule.name))
    return workers.get(rule.name) or translated("Somebody who is not there any more")
