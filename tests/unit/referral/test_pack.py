"""What a recipient may read."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from onward.errors import InvalidError
from services.referral.domain.pack import Consent, disclosed, field_names, with_person
from services.referral.domain.person import (
    Contact,
    ContactRule,
    Person,
    checked_nhs_number,
    require_plausible,
)

SAM = Person(
    id=UUID(int=1),
    organisation=UUID(int=2),
    given_name="Samuel",
    family_name="Marsh",
    known_as="Sam",
    birth_date=date(1990, 5, 17),
    contact=Contact(phone="07700 900123", rules=(ContactRule.NEVER_CALL,)),
)
TODAY = date(2026, 11, 2)


def test_a_pack_is_what_is_asked_for_agreed_and_consented_to() -> None:
    sections = {
        "housing": {"now": "ward", "history": "two tenancies"},
        "risk": {"summary": "low"},
        "money": {"debts": "rent"},
        "family": {"children": "none"},
    }
    told = disclosed(
        sections,
        asked={"housing", "risk", "family"},
        agreed={"housing", "risk", "money"},
        consent=Consent(given=True, withheld=frozenset({"housing.history", "risk"})),
    )
    assert told == {"housing": {"now": "ward"}}
    assert field_names(told) == ("housing.now",)


def test_within_one_organisation_no_agreement_narrows_the_pack() -> None:
    told = disclosed(
        {"risk": {"summary": "low"}}, asked={"risk"}, agreed=None, consent=Consent(given=True)
    )
    assert told == {"risk": {"summary": "low"}}


def test_identity_and_contact_rules_come_from_the_persons_record() -> None:
    pack = with_person({"housing": {"now": "ward"}}, SAM)
    assert pack["identity"]["known_as"] == "Sam"
    assert pack["contact"]["rules"] == ["never-call"]
    assert pack["housing"] == {"now": "ward"}
    assert "no_fixed_abode" not in pack["contact"]


@pytest.mark.parametrize("text", ["943 476 5919", "943-476-5919", "9434765919"])
def test_an_nhs_number_is_kept_as_ten_digits(text: str) -> None:
    assert checked_nhs_number(text) == "9434765919"


@pytest.mark.parametrize("text", ["9434765918", "943476591", "٩٤٣٤٧٦٥٩١٩", "", "12345678901"])
def test_a_number_whose_check_digit_does_not_fit_is_refused_unrepeated(text: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        checked_nhs_number(text)
    assert refusal.value.code == "nhs-number-invalid"
    assert not text or text not in repr((refusal.value.detail, refusal.value.errors))


def test_nobody_is_born_tomorrow_or_was_130_years_ago() -> None:
    for fine in (None, TODAY, date(1926, 1, 1)):
        require_plausible(fine, TODAY)
    for wrong in (TODAY + timedelta(days=1), date(1895, 12, 31)):
        with pytest.raises(InvalidError, match="birth-date-implausible"):
            require_plausible(wrong, TODAY)
