"""What the person agrees to: recorded over the API, or on a page of its own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint as Pages
from flask import flash, redirect, render_template, request
from flask.views import MethodView
from marshmallow import ValidationError

from onward.errors import InvalidError, NotFoundError, StaleVersionError
from onward.web import Blueprint, allow, etag, require_version, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated, translated_number
from services.referral.domain.pack import Consent
from services.referral.handlers.consenting import Effect, Recorded, record_consent
from services.referral.handlers.reading import Story, read_referral
from services.referral.web.answers import RecordedConsentSchema
from services.referral.web.request import HANDS, consent_from_body, this_uow, this_vault
from services.referral.web.schemas import ConsentSchema, VersionField
from services.referral.web.wording import consent_text, section_title
from services.referral.web.workers import WORKERS

consents = Blueprint(
    "consents",
    __name__,
    url_prefix="/api/v1/referrals",
    description="What a person agrees to have told.",
)
consent_pages = Pages("consent_pages", __name__, template_folder="templates")


@consents.route("/<uuid:referral_id>/consent")
class OneConsent(MethodView):
    """What the person of one referral agrees to."""

    @allow(*HANDS)
    @transactional
    @consents.arguments(ConsentSchema)
    @consents.response(200, RecordedConsentSchema)
    @consents.alt_response(404, description="There is none that your organisation sent.")
    @consents.alt_response(412, description="Somebody changed it since you read it.")
    @consents.alt_response(428, description="Send If-Match.")
    def put(self, body: Mapping[str, Any], referral_id: UUID) -> dict[str, Any]:
        """Record what the person agrees to from now on; ``given: false`` means that they say stop.

        Recipients can no longer read what is not agreed to any more, and are told so. Send If-Match with
        the referral's ETag.
        """
        recorded = record_consent(this_uow(), referral_id, require_version(), _recorded(body))
        etag(recorded.seen.version)
        return _told(recorded)


@consent_pages.get("/referrals/<uuid:referral_id>/consent")
@allow(*WORKERS)
@transactional
def ask(referral_id: UUID) -> str:
    """Show what the person agrees to, and a form to change it."""
    return _page(_own(referral_id))


@consent_pages.post("/referrals/<uuid:referral_id>/consent")
@allow(*WORKERS)
@transactional
def record(referral_id: UUID) -> Any:
    """Record what was filled in."""
    try:
        version, body = _filled()
        recorded = record_consent(this_uow(), referral_id, version, _recorded(body))
    except StaleVersionError as refusal:
        flash(f"{translated('Nothing was changed.')} {translated(refusal.detail)}", "error")
        return redirect(request.path, 303)
    except InvalidError as refusal:
        return _page(_own(referral_id), refusal), 422
    flash(_said(recorded.effects), "success")
    return redirect(f"/referrals/{referral_id}", 303)


def _recorded(body: Mapping[str, Any]) -> Consent:
    return consent_from_body(body, withdrawn=not body["given"])


def _told(recorded: Recorded) -> dict[str, Any]:
    consent = recorded.seen.referral.consent
    return {
        "referral_id": recorded.seen.referral.id,
        "given": consent.given,
        "withdrawn": consent.withdrawn,
        "withheld": sorted(consent.withheld),
        "until": consent.until,
        "effects": recorded.effects,
    }


def _own(referral_id: UUID) -> Story:
    story = read_referral(this_uow(), this_vault(), referral_id)
    if not story.seen.as_sender:
        raise NotFoundError("referral")
    return story


def _page(story: Story, refusal: InvalidError | None = None) -> str:
    consent = story.seen.referral.consent
    sections = {one.field.partition(".")[0] for one in story.disclosures} | set(story.sections)
    return render_template(
        "referral/consent.html",
        referral=story.seen.referral,
        version=story.seen.version,
        consent=consent,
        said=consent_text(consent, this_uow().now.date()),
        sections=[(name, section_title(name)) for name in sorted(sections)],
        finer=sorted(name for name in consent.withheld if name not in sections),
        mistakes=[error.detail for error in refusal.errors] if refusal else [],
    )


def _filled() -> tuple[int, dict[str, Any]]:
    """Return the version the form was drawn from, and what was filled in."""
    form = request.form
    day = [form.get(f"until-{part}", "").strip() for part in ("year", "month", "day")]
    until = f"{day[0]:0>4}-{day[1]:0>2}-{day[2]:0>2}" if any(day) else None
    body = {
        "given": form.get("agrees") == "yes",
        "withheld": form.getlist("withheld"),
        "valid_until": until,
    }
    try:
        text = form.get("version", "")
        version = VersionField().deserialize(int(text) if text.isdecimal() else text)
        return version, dict(ConsentSchema().load(body))
    except ValidationError as error:
        raise invalid(error) from None


def _said(effects: Sequence[Effect]) -> str:
    """Return what recording did, for whoever did it."""
    closed = sum(bool(effect.stopped) for effect in effects)
    stands = sum(effect.stands for effect in effects)
    said = [translated("It is recorded.")]
    if closed:
        said.append(
            translated_number(
                "One recipient can no longer read what was told, and will be told so.",
                "%(number)s recipients can no longer read what was told, and will be told so.",
                closed,
            )
        )
    if stands:
        said.append(translated("What was told on another basis than consent can still be read."))
    return " ".join(said)
