"""Read a list of people as CSV, line by line, into the same submissions the API takes."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import marshmallow as ma

from onward.errors import FieldError, InvalidError, Refused
from onward.web.blueprints import invalid
from services.referral.domain.handoff import Intent
from services.referral.domain.submission import Submission
from services.referral.handlers.listing import Line
from services.referral.web.request import submission_from
from services.referral.web.schemas import ReferralBody

MOST: Final = 100
"""Lines of one list: they are all sent within one answer."""
PERSON: Final = (
    "given_name",
    "family_name",
    "known_as",
    "birth_date",
    "nhs_number",
    "language",
    "interpreter",
)
CONTACT: Final = ("phone", "email", "address", "no_fixed_abode", "rules", "note")
OTHER: Final = ("urgency", "needs", "basis", "consent", "withheld")
SECTION: Final = "section."
NEEDED: Final = ("given_name", "family_name", "basis")
_BODY: Final = ReferralBody()
_TRUTHS: Final = {"yes": True, "no": False}
_MANY: Final = frozenset({"rules", "needs", "withheld"})


def read_lines(
    text: str, *, service_id: UUID, intent: Intent, organisation: UUID
) -> Iterator[Line]:
    """Yield the lines of *text*, for *organisation* to send.

    Raises `InvalidError` ``list-unreadable`` where it is no such list.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or []]
        _require_columns(names)
        reader.fieldnames = names
        found = [(reader.line_num, cells) for cells in reader if any(cells.values())]
    except csv.Error:
        raise _unreadable("A line cannot be read: check its quotation marks.") from None
    if not 0 < len(found) <= MOST:
        raise _unreadable(f"Send 1 to {MOST} lines below the heading.")
    same = {"service_id": str(service_id), "intent": intent.value}
    for number, cells in found:
        yield Line(number=number, read=_read(cells, same, organisation))


def _require_columns(names: list[str]) -> None:
    known = {*PERSON, *CONTACT, *OTHER}
    if missing := [name for name in NEEDED if name not in names]:
        raise _unreadable(f"Add the columns {', '.join(missing)} to the heading.")
    if any(name not in known and not name.startswith(SECTION) for name in names):
        columns = ", ".join((*PERSON, *CONTACT, *OTHER))
        raise _unreadable(f"Use only the columns {columns}, and section.housing and the like.")
    if len(set(names)) < len(names):
        raise _unreadable("Use each column once.")


def _read(
    cells: Mapping[str | None, Any], same: Mapping[str, str], organisation: UUID
) -> Submission | Refused:
    if None in cells or None in cells.values():
        return _unreadable("This line has more or fewer cells than the heading.")
    given = {name: text.strip() for name, text in cells.items() if name and text.strip()}
    try:
        return submission_from(_BODY.load({**same, **_body(given)}), organisation)
    except ma.ValidationError as error:
        return invalid(error)


def _body(given: Mapping[str, str]) -> dict[str, Any]:
    person = {name: _value(name, given[name]) for name in PERSON if name in given}
    person["contact"] = {name: _value(name, given[name]) for name in CONTACT if name in given}
    consent: dict[str, Any] = {"given": _value("consent", given.get("consent", "no"))}
    if "withheld" in given:
        consent["withheld"] = _value("withheld", given["withheld"])
    body: dict[str, Any] = {
        "person": person,
        "consent": consent,
        "sections": {
            name.removeprefix(SECTION): {"summary": text}
            for name, text in given.items()
            if name.startswith(SECTION)
        },
        **{name: _value(name, given[name]) for name in ("urgency", "needs") if name in given},
    }
    if "basis" in given:
        body["lawful_basis"] = {"code": given["basis"]}
    return body


def _value(name: str, text: str) -> Any:
    """Return what a cell says: several values stand with semicolons between, yes and no are truths."""
    if name in _MANY:
        return [part.strip() for part in text.split(";") if part.strip()]
    if name in {"interpreter", "no_fixed_abode", "consent"}:
        return _TRUTHS.get(text.lower(), text)
    return text


def _unreadable(detail: str) -> InvalidError:
    return InvalidError(
        "list-unreadable",
        f"This is not a list we can read. {detail}",
        errors=[FieldError(pointer="/csv", detail=detail)],
    )
