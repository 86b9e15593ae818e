"""The person a referral is about; kept by this service alone."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from nhs_number import validate as nhs_number

from onward.errors import FieldError, InvalidError
from onward.languages import marked

OLDEST: Final = 130
_TEN_DIGITS: Final = re.compile("[0-9]{10}")


class ContactRule(StrEnum):
    """What must never happen: a call or a letter can put a person in danger."""

    NEVER_CALL = "never-call"
    NO_VOICEMAIL = "no-voicemail"
    NO_TEXT = "no-text"
    NO_EMAIL = "no-email"
    NO_LETTERS = "no-letters"
    ONLY_THROUGH_WORKER = "only-through-worker"


CONTACT_RULES: Final = {
    ContactRule.NEVER_CALL: marked("Never call this number"),
    ContactRule.NO_VOICEMAIL: marked("Leave no voicemail"),
    ContactRule.NO_TEXT: marked("Send no text messages"),
    ContactRule.NO_EMAIL: marked("Send no e-mail"),
    ContactRule.NO_LETTERS: marked("Send no letters home"),
    ContactRule.ONLY_THROUGH_WORKER: marked("Only through their worker"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How not to reach a person, which comes first wherever it is shown, and how to."""

    rules: tuple[ContactRule, ...] = ()
    note: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    no_fixed_abode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who somebody is. Every field is personal: none leaves this service but in a pack."""

    id: UUID
    organisation: UUID
    """Whose record of them this is."""
    given_name: str
    family_name: str
    known_as: str | None = None
    birth_date: date | None = None
    nhs_number: str | None = None
    """Ten digits without spaces."""
    contact: Contact = field(default_factory=Contact)
    language: str | None = None
    interpreter: bool = False
    formats: tuple[str, ...] = ()
    """Accessible formats: ``easy-read``, ``large-print``, ``bsl``, …"""

    @property
    def traces(self) -> frozenset[str]:
        """What they can be found by: either first name, with last name and date of birth."""
        if self.birth_date is None:
            return frozenset()
        first = {self.given_name, self.known_as or self.given_name}
        return frozenset(search_words(one, self.family_name, self.birth_date) for one in first)

    @property
    def name(self) -> str:
        """What to call them on a page."""
        return f"{self.known_as or self.given_name} {self.family_name}"


def search_words(given_name: str, family_name: str, birth_date: date) -> str:
    """Return what two spellings of the same name and the same date of birth have in common.

    Case, accents, spaces, hyphens and apostrophes make no difference; anything else does.
    """
    return "|".join((_plain(given_name), _plain(family_name), birth_date.isoformat()))


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def checked_nhs_number(text: str) -> str:
    """Return the ten digits of *text*; raise `InvalidError` when they are no NHS number."""
    digits = "".join(text.split()).replace("-", "")
    if not _TEN_DIGITS.fullmatch(digits) or not nhs_number.is_valid(digits):
        raise InvalidError(
            "nhs-number-invalid",
            "Check the NHS number: its check digit does not fit.",
            errors=[FieldError(pointer="/person/nhs_number", detail="Check the ten digits.")],
        )
    return digits


def require_plausible(birth_date: date | None, today: date) -> None:
    """Raise `InvalidError` unless somebody alive on *today* can have been born on *birth_date*."""
    if birth_date is None or (today.year - OLDEST <= birth_date.year and birth_date <= today):
        return
    raise InvalidError(
        "birth-date-implausible",
        "Check the date of birth: it lies ahead, or too far back.",
        errors=[FieldError(pointer="/person/birth_date", detail="Check the date.")],
    )
