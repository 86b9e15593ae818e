"""Correct a person's record after sending: over the API, or on a page with the form it was typed into."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint as Pages
from flask import flash, redirect, render_template, request
from flask.views import MethodView
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from onward.errors import InvalidError, NotFoundError, StaleVersionError
from onward.web import Blueprint, allow, etag, require_version, transactional
from onward.web.blueprints import invalid
from onward.web.languages import translated, translated_number
from services.referral.domain.person import CONTACT_RULES, Person
from services.referral.handlers.correcting import Corrected, correct_person, read_earlier
from services.referral.handlers.reading import Story, read_referral
from services.referral.storage.packs import Earlier
from services.referral.web.answers import CorrectedSchema, EarlierSchema
from services.referral.web.form import Form, mistakes, person_typed
from services.referral.web.request import (
    HANDS,
    own_organisation,
    person_from_body,
    this_uow,
    this_vault,
)
from services.referral.web.schemas import CorrectionBody, VersionField
from services.referral.web.wording import Names
from services.referral.web.workers import WORKERS

corrections = Blueprint(
    "corrections",
    __name__,
    url_prefix="/api/v1",
    description="Who a person is and how to reach them, put right after sending.",
)
correction_pages = Pages("correction_pages", __name__, template_folder="templates")


@corrections.route("/referrals/<uuid:referral_id>/person")
class OnePerson(MethodView):
    """The record of the person of one referral."""

    @allow(*HANDS)
    @transactional
    @corrections.arguments(CorrectionBody)
    @corrections.response(200, CorrectedSchema)
    @corrections.alt_response(404, description="There is none that your organisation sent.")
    @corrections.alt_response(409, description="The person's record was erased.")
    @corrections.alt_response(412, description="Somebody changed it since you read it.")
    @corrections.alt_response(428, description="Send If-Match.")
    def put(self, body: Mapping[str, Any], referral_id: UUID) -> Corrected:
        """Correct who the person is and how to reach them: send all of it, as the referral's ``person``.

        Every recipient that may read on reads it at once, within what it may be told, and is told that
        something was corrected. Send If-Match with the referral's ETag.
        """
        person = person_from_body(body["person"], own_organisation())
        done = correct_person(this_uow(), this_vault(), referral_id, require_version(), person)
        etag(done.seen.version)
        return done


@corrections.route("/handoffs/<uuid:handoff_id>/pack/earlier")
class EarlierPack(MethodView):
    """What a recipient was told before it was corrected."""

    @allow(*HANDS)
    @transactional
    @corrections.response(200, EarlierSchema(many=True))
    @corrections.alt_response(404, description="There is none that your organisation sent.")
    def get(self, handoff_id: UUID) -> Sequence[Earlier]:
        """Read what the pack said before each correction, for its sender alone. The read is recorded."""
        return read_earlier(this_uow(), this_vault(), handoff_id)


@correction_pages.get("/referrals/<uuid:referral_id>/person")
@allow(*WORKERS)
@transactional
def show(referral_id: UUID) -> str:
    """Show what the record says, in a form."""
    story, person = _own(referral_id)
    return _page(story, _values(person))


@correction_pages.post("/referrals/<uuid:referral_id>/person")
@allow(*WORKERS)
@transactional
def correct(referral_id: UUID) -> Any:
    """Correct it as filled in."""
    try:
        version, person = _typed(request.form)
        done = correct_person(this_uow(), this_vault(), referral_id, version, person)
    except StaleVersionError as refusal:
        flash(f"{translated('Nothing was changed.')} {translated(refusal.detail)}", "error")
        return redirect(request.path, 303)
    except InvalidError as refusal:
        return _page(_own(referral_id)[0], request.form, refusal), 422
    flash(_said(done), "success")
    return redirect(f"/referrals/{referral_id}", 303)


def _own(referral_id: UUID) -> tuple[Story, Person]:
    story = read_referral(this_uow(), this_vault(), referral_id)
    if story.person is None:
        raise NotFoundError("referral")
    return story, story.person


def _page(story: Story, values: Form, refusal: InvalidError | None = None) -> str:
    found = mistakes(refusal) if refusal else []
    name = Names(story.names)
    return render_template(
        "referral/correct.html",
        referral=story.seen.referral,
        version=values.get("version", story.seen.version),
        values=values,
        mistakes=found,
        wrong=dict(found),
        rules=[(rule.value, translated(text)) for rule, text in CONTACT_RULES.items()],
        readers=[name(one.service_id) for one in story.seen.handoffs if one.is_open],
    )


def _typed(form: Form) -> tuple[int, Person]:
    """Return the version the form was drawn from, and what was filled in."""
    person = person_typed(form) | {"formats": form.getlist("formats")}
    try:
        text = form.get("version", "")
        version = VersionField().deserialize(int(text) if text.isdecimal() else text)
        body = CorrectionBody().load({"person": person})["person"]
        return version, person_from_body(body, own_organisation())
    except ValidationError as error:
        raise invalid(error) from None


def _values(person: Person) -> Form:
    """Return what the form shows of a record."""
    contact, born = person.contact, person.birth_date
    known: dict[str, Any] = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "known_as": person.known_as,
        "nhs_number": person.nhs_number,
        "language": person.language,
        "phone": contact.phone,
        "email": contact.email,
        "address": contact.address,
        "note": contact.note,
        "no_fixed_abode": "yes" if contact.no_fixed_abode else None,
        "interpreter": "yes" if person.interpreter else None,
        **({f"birth_date-{part}": str(getattr(born, part)) for part in _PARTS} if born else {}),
    }
    values: Form = MultiDict({name: value for name, value in known.items() if value})
    values.setlist("rules", [rule.value for rule in contact.rules])
    values.setlist("formats", list(person.formats))
    return values


_PARTS = ("day", "month", "year")


def _said(done: Corrected) -> str:
    """Return what the correction did, for whoever made it."""
    if not done.fields:
        return translated("Nothing was different.")
    told = sum(one.told for one in done.reached)
    if not told:
        return translated("It is corrected. Nobody else reads it now, so nobody is told.")
    return translated_number(
        "It is corrected. One recipient reads it from now on, and is told so.",
        "It is corrected. %(number)s recipients read it from now on, and are told so.",
        told,
    )
