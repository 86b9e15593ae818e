"""The texts for people who do not work here are whole, and a translation may grow bit by bit."""

from pathlib import Path

import pytest

from services.referral.domain.moves import Status
from services.referral.domain.person import ContactRule
from services.referral.web.texts import catalogues, read_catalogues, texts_for

NAMES = {"sender": "Ward", "recipient": "Response", "service": "House"}


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.DRAFT}))
def test_wherever_a_handoff_stands_the_person_reads_who_has_them_and_what_follows(
    status: Status,
) -> None:
    said = catalogues("own_page")["en"]
    assert said(f"now.{status}", **NAMES)
    assert said(f"next.{status}", **NAMES)


@pytest.mark.parametrize("rule", list(ContactRule))
def test_each_rule_for_getting_in_touch_is_told_to_the_person(rule: ContactRule) -> None:
    assert "e" in catalogues("own_page")["en"](rule.value)


def test_what_is_not_translated_yet_is_said_in_english(tmp_path: Path) -> None:
    (tmp_path / "page.en.yaml").write_text("title: Your page\nleave: Leave\n")
    (tmp_path / "page.cy.yaml").write_text("title: Eich tudalen\n")
    welsh = read_catalogues(tmp_path, "page")["cy"]
    assert (welsh("title"), welsh("leave")) == ("Eich tudalen", "Leave")


def test_a_language_that_nobody_wrote_falls_back_to_english() -> None:
    assert texts_for("own_page", "xx", ["xx-YY", "cy-GB"]).language == "en"
