"""The texts for people who do not work here are whole."""

import pytest

from services.referral.domain.moves import Status
from services.referral.domain.person import ContactRule
from services.referral.web.texts import texts_of

NAMES = {"sender": "Ward", "recipient": "Response", "service": "House"}


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.DRAFT}))
def test_wherever_a_handoff_stands_the_person_reads_who_has_them_and_what_follows(
    status: Status,
) -> None:
    said = texts_of("own_page")
    assert said(f"now.{status}", **NAMES)
    assert said(f"next.{status}", **NAMES)


@pytest.mark.parametrize("rule", list(ContactRule))
def test_each_rule_for_getting_in_touch_is_told_to_the_person(rule: ContactRule) -> None:
    assert "e" in texts_of("own_page")(rule.value)
