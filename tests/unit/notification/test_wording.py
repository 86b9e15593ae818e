"""What may be said, and what never can be."""

from dataclasses import fields
from uuid import UUID

import pytest

from services.notification.domain.english import ENGLISH
from services.notification.domain.saying import CATALOGUES, say, translation_keys
from services.notification.domain.wording import (
    Facts,
    Wording,
    WordingError,
    placeholders,
)

PERSONAL = (
    "name",
    "person",
    "nhs",
    "birth",
    "phone",
    "address",
    "email",
    "note",
    "reason",
    "need",
)
FACTS = Facts(
    service="Stepdown House",
    organisation="Response",
    reference="3F2A-91BC",
    until="21 November 2026, 9:30am",
)


def wording(text: str) -> Wording:
    return Wording(subject="A handoff has changed", happened=text, todo="Look.")


@pytest.mark.parametrize(
    "text",
    [
        "{person_name} was referred.",
        "NHS number {nhs_number}",
        "{service.provider}",
        "{service:{person}}",
        "{0}",
        "{}",
    ],
)
def test_no_wording_can_take_a_personal_field(text: str) -> None:
    with pytest.raises(WordingError):
        wording(text)


def test_a_link_takes_the_referrals_id_and_nothing_else() -> None:
    with pytest.raises(WordingError):
        Wording(subject="a", happened="b", todo="c", page="/people/{service}")


def test_the_facts_a_wording_may_take_are_no_persons() -> None:
    names = [field.name for field in fields(Facts)]
    assert names == ["service", "organisation", "reference", "until"]
    assert not [name for name in names for word in PERSONAL if word in name]


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("code", ENGLISH)
def test_every_wording_is_complete_short_and_says_what_to_do(code: str, language: str) -> None:
    said = say(code, FACTS, about=UUID(int=7), language=language)
    assert len(said.subject) <= 78  # one line of a mail header (RFC 5322, 2.1.1)
    assert said.happened.endswith(".")
    assert said.todo.endswith(".")
    assert "{" not in said.subject + said.happened + said.todo + said.path
    assert said.path.startswith("/")


def test_an_unknown_code_is_said_in_general_words() -> None:
    said = say("from-the-future", FACTS, about=UUID(int=7))
    assert said.subject == "A handoff has changed"
    assert said.path == f"/referrals/{UUID(int=7)}"


def test_every_sentence_has_a_key_for_its_translation() -> None:
    assert "handoff-requested.subject" in translation_keys()
    assert len(translation_keys()) == 3 * len(ENGLISH)


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_says_every_code_with_the_same_facts_and_the_same_page(
    language: str,
) -> None:
    translated = CATALOGUES[language]
    assert translated.keys() == ENGLISH.keys()
    for code, english in ENGLISH.items():
        other = translated[code]
        assert other.page == english.page
        for part in ("subject", "happened", "todo"):
            until = {"until"} & placeholders(getattr(english, part))
            assert until == {"until"} & placeholders(getattr(other, part)), f"{code}.{part}"
