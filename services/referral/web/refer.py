"""The refer pages: choose a service, fill in what it needs, look at what will be told, send."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from onward.errors import ForbiddenError, InvalidError, NotFoundError, Refused
from onward.ids import new_id
from onward.languages import marked
from onward.web import allow, transactional
from onward.web.languages import translated
from services.referral.domain.handoff import Intent, Urgency
from services.referral.domain.pack import CONTACT, FROM_PERSON, IDENTITY
from services.referral.domain.person import CONTACT_RULES
from services.referral.domain.routing import BASES, Service
from services.referral.handlers.submitting import preview, submit
from services.referral.handlers.unfinished import begun_by, read_begun
from services.referral.handlers.visibility import see_referral
from services.referral.storage.unfinished import Begun
from services.referral.web.form import Form, mistakes, submission_of
from services.referral.web.request import (
    own_organisation,
    telling_refused_routing,
    this_uow,
    this_vault,
)
from services.referral.web.story import told_fields
from services.referral.web.unfinished import FIELD, NOT_TYPED, finished
from services.referral.web.wording import NEEDS, SECTIONS, URGENCIES, section_title
from services.referral.web.workers import WORKERS

refer = Blueprint("refer", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A service, and whether the asker's organisation may refer to it."""

    service: Service
    provider: str | None
    open: bool


@refer.get("/refer")
@allow(*WORKERS)
@transactional
def start() -> str:
    """Choose a service, or fill in the form for the one chosen."""
    if request.args.get(FIELD):
        typed = read_begun(this_uow(), this_vault(), _uuid(request.args[FIELD]))
        return _form(MultiDict(typed))
    if request.args.get("service"):
        values: Form = MultiDict(
            {
                "service_id": request.args["service"],
                "based_on": request.args.get("based_on", ""),
                "advice_id": request.args.get("advice", ""),
                "intent": Intent.REFERRAL.value,
            }
        )
        return _form(values)
    return render_template(
        "referral/choose.html",
        choices=_choices(),
        based_on=request.args.get("based_on", ""),
        advice=request.args.get("advice", ""),
        begun=_begun(),
        field=FIELD,
    )


@refer.post("/refer/change")
@allow(*WORKERS)
@transactional
def change() -> str:
    """Show the form again with what was typed."""
    return _form(request.form)


@refer.post("/refer/check")
@allow(*WORKERS)
@transactional
def check() -> Any:
    """Show exactly what will be told to whom, before anything is sent."""
    try:
        with telling_refused_routing():
            seen = preview(this_uow(), this_vault(), submission_of(request.form))
    except (NotFoundError, ForbiddenError):
        raise
    except Refused as refusal:
        return _form(request.form, refusal), 422
    return render_template(
        "referral/check.html",
        preview=seen,
        told=[(section_title(name), told_fields(fields)) for name, fields in seen.told.items()],
        typed=[
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in NOT_TYPED
        ],
        asked=seen.service.asks_for,
        provider=_name(seen.service.recipient),
    )


@refer.post("/refer")
@allow(*WORKERS)
@transactional
def send() -> Any:
    """Send it."""
    try:
        with telling_refused_routing():
            sent = submit(this_uow(), this_vault(), submission_of(request.form))
    except (NotFoundError, ForbiddenError):
        raise
    except Refused as refusal:
        return _form(request.form, refusal), 422
    finished()
    flash(translated("The referral was sent."), "success")
    return redirect(f"/referrals/{sent.referral.id}", 303)


@refer.post("/refer/draft")
@allow(*WORKERS)
@transactional
def keep() -> Any:
    """Keep it as a draft: nobody is asked before it is sent from its own page."""
    try:
        drafted = replace(submission_of(request.form), draft=True)
        kept = submit(this_uow(), this_vault(), drafted)
    except (NotFoundError, ForbiddenError):
        raise
    except Refused as refusal:
        return _form(request.form, refusal), 422
    finished()
    flash(translated("Kept as a draft. Nobody has been asked yet."), "success")
    return redirect(f"/referrals/{kept.referral.id}", 303)


def _form(values: Form, refusal: Refused | None = None) -> str:
    service = this_uow().store.copies.service(_uuid(values.get("service_id", "")))
    if service is None:
        raise NotFoundError("service")
    based_on = values.get("based_on", "")
    if based_on:
        see_referral(this_uow(), _uuid(based_on))
    found = mistakes(refusal) if refusal else []
    return render_template(
        "referral/form.html",
        service=service,
        provider=_name(service.recipient),
        values=values,
        based_on=based_on,
        field=FIELD,
        unfinished=values.get(FIELD) or new_id(),
        mistakes=found,
        wrong=dict(found),
        sections=[
            (name, section_title(name), translated(SECTIONS[name][1]) if name in SECTIONS else "")
            for name in service.asks_for
            if name not in FROM_PERSON
        ],
        asks_identity=IDENTITY in service.asks_for,
        asks_contact=CONTACT in service.asks_for,
        intents=_intents(service),
        urgencies=[
            (urgency.value, translated(URGENCIES[urgency][0])) for urgency in reversed(Urgency)
        ],
        needs={code: translated(text) for code, text in NEEDS.items()},
        bases=BASES,
        rules=[(rule.value, translated(text)) for rule, text in CONTACT_RULES.items()],
        withholdable=[(name, section_title(name)) for name in service.asks_for],
    )


def _intents(service: Service) -> list[tuple[str, str]]:
    """Return what handing over may mean here: the duty to refer ends at England's border."""
    said = {
        Intent.REFERRAL: marked("A referral: we both keep a part"),
        Intent.TRANSFER: marked("A transfer: the person moves over to them"),
        Intent.SELF_REFERRAL: marked("A self-referral that we enter for the person"),
        Intent.DUTY_TO_REFER: marked("The duty to refer somebody who may be homeless"),
    }
    if service.nation != "england":
        said.pop(Intent.DUTY_TO_REFER)
    return [(intent.value, translated(text)) for intent, text in said.items()]


def _choices() -> list[Choice]:
    uow, organisation = this_uow(), own_organisation()
    today = uow.now.date()
    agreed = {
        one.to_organisation
        for one in uow.store.copies.agreements_from(organisation)
        if one.holds_on(today)
    }
    services = uow.store.copies.active_services()
    names = uow.store.copies.names(service.recipient for service in services)
    return [
        Choice(
            service=service,
            provider=names.get(service.recipient),
            open=service.recipient in agreed or service.recipient == organisation,
        )
        for service in services
    ]


def _name(organisation: UUID) -> str | None:
    return this_uow().store.copies.names([organisation]).get(organisation)


def _begun() -> list[tuple[Begun, str]]:
    """Return what the asker has begun, each with the name of its service."""
    found = begun_by(this_uow())
    names = this_uow().store.copies.names(one.service_id for one in found)
    return [(one, names.get(one.service_id, translated("a service new to us"))) for one in found]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError("invalid", "Go back and choose a service from the list.") from None
