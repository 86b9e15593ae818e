"""Turn the refer form into the same body the API takes, and its errors back into places on the page."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import marshmallow as ma
from werkzeug.datastructures import MultiDict

from onward.errors import FieldError, Refused
from onward.languages import marked
from onward.web.blueprints import invalid
from services.referral.domain.submission import Submission
from services.referral.web.request import own_organisation, submission_from
from services.referral.web.schemas import ReferralBody

SECTION: Final = "section."
"""Prefix of the names of sections in the form."""
_BODY: Final = ReferralBody()
_PERSON: Final = ("given_name", "family_name", "known_as", "nhs_number", "language")
_CONTACT: Final = ("phone", "email", "address", "note")
_PLACES: Final = {
    "/person": "given_name",
    "/person/birth_date": "birth_date-day",
    "/person/contact/rules": "rules",
    "/lawful_basis": "basis",
    "/lawful_basis/code": "basis",
    "/lawful_basis/note": "basis_note",
    "/consent/given": "consent",
    "/service_id": "service_id",
    "/needs": "needs",
}
"""Where on the page the value behind a JSON Pointer is typed."""
_ASKED: Final = {
    "/person/given_name": marked("Say the first name."),
    "/person/family_name": marked("Say the last name."),
    "/person/birth_date": marked("Check the date of birth: give day, month and year."),
    "/urgency": marked("Say how urgent it is."),
    "/lawful_basis/code": marked("Choose the lawful basis for telling them."),
    "/consent/given": marked("Say whether the person has agreed: this needs their consent."),
}
"""What the form asks for where the schema would speak to a machine."""

Form = MultiDict[str, str]


def submission_of(form: Form) -> Submission:
    """Return what *form* submits. Raises `InvalidError` with a pointer per mistake."""
    try:
        body: Mapping[str, Any] = _BODY.load(_body(form))
    except ma.ValidationError as error:
        raise invalid(error) from None
    return submission_from(body, own_organisation())


def place_of(error: FieldError) -> str:
    """Return the id of the field of the form that *error* is about."""
    pointer = error.pointer
    if pointer in _PLACES:
        return _PLACES[pointer]
    if pointer.startswith("/sections"):
        return f"{SECTION}{pointer.split('/')[2]}" if pointer.count("/") > 1 else SECTION
    return pointer.rsplit("/", 1)[-1]


def mistakes(refusal: Refused) -> list[tuple[str, str]]:
    """Return (id of the field, what to change) of everything *refusal* found; the id may be empty."""
    found = [
        (place_of(error), _ASKED.get(error.pointer, error.detail)) for error in refusal.errors
    ]
    return found or [("", refusal.detail)]


def _body(form: Form) -> dict[str, Any]:
    body: dict[str, Any] = {
        "service_id": form.get("service_id", ""),
        "urgency": form.get("urgency", ""),
        "needs": form.getlist("needs"),
        "consent": {"given": form.get("consent") == "yes", "withheld": form.getlist("withheld")},
        "sections": {
            name.removeprefix(SECTION): {"summary": text}
            for name, text in form.items()
            if name.startswith(SECTION) and text.strip()
        },
    }
    if form.get("basis"):
        body["lawful_basis"] = {"code": form["basis"], **_given(form, ("basis_note",), "note")}
    if form.get("advice_id"):
        body["advice_id"] = form["advice_id"]
    if form.get("based_on"):
        return body | {"based_on": form["based_on"], "intent": "onward"}
    return body | {"intent": form.get("intent") or "referral", "person": person_typed(form)}


def person_typed(form: Form) -> dict[str, Any]:
    """Return the person of the API's body that *form* holds."""
    person: dict[str, Any] = _given(form, _PERSON)
    person["contact"] = {
        **_given(form, _CONTACT),
        "no_fixed_abode": form.get("no_fixed_abode") == "yes",
        "rules": form.getlist("rules"),
    }
    person["interpreter"] = form.get("interpreter") == "yes"
    day, month, year = (
        form.get(f"birth_date-{part}", "").strip() for part in ("day", "month", "year")
    )
    if day or month or year:
        person["birth_date"] = f"{year:0>4}-{month:0>2}-{day:0>2}"
    return person


def _given(form: Form, names: Iterable[str], as_: str | None = None) -> dict[str, str]:
    """Return what was typed into fields of *names*, those left empty left out."""
    return {as_ or name: form[name] for name in names if form.get(name, "").strip()}
