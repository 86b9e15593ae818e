"""The integrations pages: where systems and mailboxes are told, and how each delivery went."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from onward.errors import ConflictError, FieldError, InvalidError, Refused
from onward.identity import Role
from onward.web import Page, allow, current_running, current_uow, transactional
from onward.web.languages import translated, translated_number
from onward.web.pages import LONDON
from onward.web.paging import next_url
from onward.web.problems import problem_for
from services.notification.domain.endpoints import ALL, event_names
from services.notification.domain.languages import LANGUAGES
from services.notification.domain.retries import Status
from services.notification.domain.rules import Urgency
from services.notification.handlers import endpoints, log, signing, subscriptions
from services.notification.timers.webhooks import signing_clock
from services.notification.web import schemas
from services.notification.web.reading import read
from services.notification.web.webhooks import before, position, sought

KEEPERS: Final = (Role.TEAM_LEAD, Role.EDITOR, Role.OPERATOR)
SHOWN: Final = 30
_deliveries: Final = schemas.DeliveryQuery()
_webhook: Final = schemas.NewWebhook()
_subscription: Final = schemas.Subscription()

integrations = Blueprint("integration_pages", __name__, template_folder="templates")


@integrations.get("/integrations")
@allow(*KEEPERS)
@transactional
def overview() -> str:
    """Show the organisation's webhooks and what it is told by e-mail."""
    return _overview({}, ())


@integrations.post("/integrations")
@allow(*KEEPERS)
@transactional
def add() -> Any:
    """Add a webhook and show its secret, or say what is wrong with the form."""
    settings = current_running().settings
    said = {"url": request.form.get("url", ""), "events": request.form.getlist("events")}
    try:
        _require_filled_in(said)
        new = read(_webhook, said)
        endpoint, secret = endpoints.create(
            current_uow(),
            url=new["url"],
            events=new["events"],
            allowed=settings.webhook_allow,
            secret_key=settings.secret_key,
        )
    except Refused as refusal:
        return _overview(said, _errors(refusal, "/url")), problem_for(refusal).status
    return render_template("notification/secret.html", endpoint=endpoint, secret=secret, new=True)


@integrations.post("/integrations/mail")
@allow(*KEEPERS)
@transactional
def choose_mail() -> Any:
    """Store what the organisation is told by e-mail."""
    form = request.form
    said = {
        "mailbox": form.get("mailbox") or None,
        "mail_for": form.getlist("mail_for"),
        "language": form.get("language", "en"),
    }
    try:
        new = read(_subscription, said)
        subscriptions.choose(
            current_uow(),
            mailbox=new["mailbox"],
            mail_for=[Urgency(code) for code in new["mail_for"]],
            language=new["language"],
            version=form.get("version", 0, type=int),
        )
    except Refused as refusal:
        return _overview(said, _errors(refusal, "/mailbox")), problem_for(refusal).status
    flash(translated("Your choice of e-mail was saved."), "success")
    return redirect("/integrations", 303)


@integrations.get("/integrations/<uuid:webhook_id>")
@allow(*KEEPERS)
@transactional
def deliveries(webhook_id: UUID) -> Any:
    """Show one webhook and its delivery log, as far as it was searched for."""
    said = {name: value for name, value in request.args.items() if value.strip()}
    try:
        return _webhook_page(webhook_id, _asked(said), said=said)
    except InvalidError as refusal:
        misread = " ".join(error.detail for error in refusal.errors)
        return _webhook_page(webhook_id, said=said, misread=misread), problem_for(refusal).status


@integrations.post("/integrations/<uuid:webhook_id>/replay")
@allow(*KEEPERS)
@transactional
def replay_since(webhook_id: UUID) -> Any:
    """Send again whatever was for a webhook from a day on."""
    since = request.form.get("since", "")
    try:
        begin = datetime.combine(date.fromisoformat(since), time(), LONDON)
    except ValueError:
        return _webhook_page(webhook_id, since=since, wrong=translated("Choose a day.")), 422
    try:
        waiting = endpoints.replay_since(current_uow(), webhook_id, begin)
    except InvalidError:
        wrong = translated("Choose a day that has begun.")
        return _webhook_page(webhook_id, since=since, wrong=wrong), 422
    return _back(
        webhook_id,
        translated_number(
            "%(number)s message is on its way. Reload the page to see more.",
            "%(number)s messages are on their way. Reload the page to see more.",
            waiting,
        ),
    )


@integrations.post("/integrations/<uuid:webhook_id>/rotate")
@allow(*KEEPERS)
@transactional
def rotate(webhook_id: UUID) -> Any:
    """Make a new secret and show it; a page loaded again makes no second one."""
    key = current_running().settings.secret_key
    try:
        endpoint, secret = endpoints.rotate(current_uow(), webhook_id, secret_key=key)
    except ConflictError:
        flash(translated("No other secret was made: two sign now."), "important")
        return redirect(f"/integrations/{webhook_id}", 303)
    return render_template("notification/secret.html", endpoint=endpoint, secret=secret, new=False)


@integrations.post("/integrations/<uuid:webhook_id>/check")
@allow(*KEEPERS)
@transactional
def check(webhook_id: UUID) -> Any:
    """Say whether a signature fits what a receiver got, and if not, what may be wrong."""
    said = {name: request.form.get(name, "").strip() for name in ("id", "timestamp", "signatures")}
    received = signing.Received(**said, body=request.form.get("body", ""))
    checked = signing.check(
        current_uow(),
        webhook_id,
        received,
        secret_key=current_running().settings.secret_key,
        real_time=signing_clock.now(),
    )
    return _webhook_page(webhook_id, received=received, checked=checked)


@integrations.post("/integrations/<uuid:webhook_id>/test")
@allow(*KEEPERS)
@transactional
def send_test(webhook_id: UUID) -> Any:
    """Send a test event."""
    endpoints.send_test(current_uow(), webhook_id)
    return _back(
        webhook_id, translated("A test event is on its way. Reload the page to see how it went.")
    )


@integrations.post("/integrations/<uuid:webhook_id>/enable")
@allow(*KEEPERS)
@transactional
def enable(webhook_id: UUID) -> Any:
    """Switch a webhook on."""
    endpoints.enable(current_uow(), webhook_id)
    return _back(webhook_id, translated("The webhook is on: it hears what happens from now on."))


@integrations.post("/integrations/<uuid:webhook_id>/disable")
@allow(*KEEPERS)
@transactional
def disable(webhook_id: UUID) -> Any:
    """Switch a webhook off."""
    endpoints.disable(current_uow(), webhook_id)
    return _back(
        webhook_id, translated("The webhook is off. What waited for it can be replayed later.")
    )


@integrations.post("/integrations/<uuid:webhook_id>/delete")
@allow(*KEEPERS)
@transactional
def delete(webhook_id: UUID) -> Any:
    """Take a webhook away."""
    endpoints.delete(current_uow(), webhook_id)
    flash(translated("The webhook was deleted."), "success")
    return redirect("/integrations", 303)


@integrations.post("/integrations/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay")
@allow(*KEEPERS)
@transactional
def replay(webhook_id: UUID, delivery_id: UUID) -> Any:
    """Send a delivery again."""
    endpoints.replay(current_uow(), webhook_id, delivery_id)
    return _back(webhook_id, translated("It is sent again. Reload the page to see how it went."))


def _asked(said: Mapping[str, str]) -> dict[str, str]:
    """Return the form's fields as the API names them: its one box takes a referral's id and a reference."""
    asked = dict(said)
    if meant := asked.pop("referral", None):
        asked["referral_id" if _is_id(meant) else "reference"] = meant
    return asked


def _is_id(text: str) -> bool:
    try:
        UUID(text.strip())
    except ValueError:
        return False
    return True


def _webhook_page(
    webhook_id: UUID, asked: Mapping[str, str] = {}, *, said: Mapping[str, str] = {}, **more: Any
) -> str:
    uow = current_uow()
    query = read(_deliveries, asked)
    found = log.read_deliveries(
        uow, webhook_id, sought(query), before=before(Page.of(query)), limit=SHOWN + 1
    )
    shown = found[:SHOWN]
    return render_template(
        "notification/webhook.html",
        endpoint=endpoints.own(uow, webhook_id),
        deliveries=shown,
        statuses=list(Status),
        events=event_names(),
        said={name: value for name, value in said.items() if name != "after"},
        next_page=next_url(position(shown[-1])) if len(found) > SHOWN else None,
        **more,
    )


def _overview(said: Mapping[str, Any], errors: tuple[FieldError, ...]) -> str:
    """Draw the page, with what was *said* in a form that was refused because of *errors*."""
    uow = current_uow()
    chosen = subscriptions.chosen(uow)
    return render_template(
        "notification/integrations.html",
        endpoints=endpoints.mine(uow),
        events=event_names(),
        all_events=ALL,
        urgencies=list(Urgency),
        languages=LANGUAGES,
        subscription=chosen,
        directory_mailbox=uow.store.copies.mailbox(chosen.organisation),
        mail_is_set_up=current_running().settings.smtp_url is not None,
        said=said,
        errors=errors,
    )


def _require_filled_in(said: Mapping[str, Any]) -> None:
    """Refuse a form left empty in the form's own words: the schema speaks to programmers."""
    missing = []
    if not said["url"].strip():
        missing.append(FieldError(pointer="/url", detail="Enter an address."))
    if not said["events"]:
        missing.append(FieldError(pointer="/events", detail="Choose at least one event."))
    if missing:
        raise InvalidError("invalid", "Fill in the form.", errors=missing)


def _errors(refusal: Refused, pointer: str) -> tuple[FieldError, ...]:
    """Return what to say on the page; a rule that names no field is about the one at *pointer*."""
    named = tuple(error for error in refusal.errors if error.pointer)
    return named or (FieldError(pointer=pointer, detail=refusal.detail),)


def _back(webhook_id: UUID, text: str) -> Any:
    flash(text, "success")
    return redirect(f"/integrations/{webhook_id}", 303)
