"""The handoff pack: what the service asks for, as far as agreement and consent allow."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.referral.domain.moves import Status
from services.referral.domain.person import Contact, ContactRule, Person

Value = str | int | bool | list[str]
Sections = Mapping[str, Mapping[str, Value]]
"""Values by section and field, as the sender gave them."""

IDENTITY: Final = "identity"
CONTACT: Final = "contact"
FROM_PERSON: Final = frozenset({IDENTITY, CONTACT})
"""Sections that are filled from the person's record, so that nobody types them twice."""
SAFE_TO_CONTACT: Final = f"{CONTACT}.rules"
CLOSED: Final = frozenset(
    {Status.REJECTED, Status.CANCELLED, Status.EXPIRED, Status.ENTERED_IN_ERROR}
)
"""Where the recipient did not take the person on, the need to know has ended with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the person agreed to have told."""

    given: bool
    withheld: frozenset[str] = frozenset()
    """Sections, or ``section.field``, that the person does not want told."""
    until: date | None = None
    """Last day it holds; None where the person set none."""
    withdrawn: bool = False
    """Whether they have said stop; unlike consent that was never asked for, this ends reads."""

    def withholds(self, field: str) -> bool:
        """Tell whether *field* (``section.field``) is not to be told.

        How to contact somebody safely is never left out where it is told how to contact them.
        """
        section = field.partition(".")[0]
        return section in self.withheld or (field in self.withheld and field != SAFE_TO_CONTACT)


def disclosed(
    sections: Sections,
    *,
    asked: Collection[str],
    agreed: Collection[str] | None,
    consent: Consent,
) -> dict[str, dict[str, Value]]:
    """Return what of *sections* the recipient may read.

    *asked* is what the service asks for, *agreed* what the agreement covers (None where both
    sides are one organisation, which needs none).
    """
    told: dict[str, dict[str, Value]] = {}
    for section, fields in sections.items():
        if section not in asked or (agreed is not None and section not in agreed):
            continue
        kept = {
            name: value
            for name, value in fields.items()
            if not consent.withholds(f"{section}.{name}")
        }
        if kept:
            told[section] = kept
    return told


def field_names(sections: Sections) -> tuple[str, ...]:
    """Return every ``section.field`` in *sections*, sorted; values stay here."""
    return tuple(sorted(f"{section}.{name}" for section in sections for name in sections[section]))


def with_person(sections: Sections, person: Person) -> dict[str, dict[str, Value]]:
    """Return *sections* with identity and contact taken from the person's record, and only from it."""
    made = {IDENTITY: _identity(person), CONTACT: _contact(person.contact)}
    rest = {name: dict(fields) for name, fields in sections.items() if name not in FROM_PERSON}
    return {name: fields for name, fields in made.items() if fields} | rest


def _identity(person: Person) -> dict[str, Value]:
    found: dict[str, Value | None] = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "known_as": person.known_as,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "nhs_number": person.nhs_number,
        "language": person.language,
        "interpreter": person.interpreter or None,
        "formats": list(person.formats) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _contact(contact: Contact) -> dict[str, Value]:
    """Return how to reach somebody; what must never happen is read before it."""
    found: dict[str, Value | None] = {
        "rules": [rule.value for rule in contact.rules] or None,
        "note": contact.note,
        "phone": contact.phone,
        "email": contact.email,
        "address": contact.address,
        "no_fixed_abode": contact.no_fixed_abode or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def person_from(told: Sections, *, new_id: UUID, organisation: UUID) -> Person:
    """Return a record for *organisation* of the person a pack told it about, identity included."""
    identity: dict[str, Any] = dict(told[IDENTITY])
    contact: dict[str, Any] = dict(told.get(CONTACT, {}))
    born = identity.get("birth_date")
    rules = tuple(ContactRule(rule) for rule in contact.pop("rules", ()))
    formats = tuple(identity.get("formats", ()))
    return Person(
        id=new_id,
        organisation=organisation,
        given_name=str(identity.get("given_name", "")),
        family_name=str(identity.get("family_name", "")),
        known_as=identity.get("known_as"),
        birth_date=date.fromisoformat(born) if born else None,
        nhs_number=identity.get("nhs_number"),
        contact=Contact(rules=rules, **contact),
        language=identity.get("language"),
        interpreter=bool(identity.get("interpreter", False)),
        formats=formats,
    )
