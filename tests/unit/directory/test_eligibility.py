"""Whom a service takes: what it answers, what it rests on, and what it still has to know."""

from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.errors import InvalidError
from services.directory.domain import eligibility
from services.directory.domain.eligibility import (
    Outcome,
    assess,
    in_words,
    read,
    read_facts,
    write,
)
from services.directory.domain.eligibility.assessing import Assessment, Met, verdict
from services.directory.domain.eligibility.facts import Decline
from services.directory.domain.eligibility.quick import quick_verdict
from services.directory.domain.eligibility.schema import schema
from services.referral.domain.moves import Action
from services.referral.domain.reasons import REASONS
from tests.unit.directory import rules

HAVEN = {
    "rule": {
        "all": [
            {"fact": "age", "over": 18},
            {"fact": "in_crisis", "is": True},
            {"not": {"fact": "urgent_medical_need", "is": True}},
            {"fact": "can_keep_safe", "is": True},
        ]
    }
}
SCHEMA = jsonschema.Draft202012Validator(schema())
unhurried = settings(deadline=None, max_examples=100)
OSWESTRY = {"rule": {"fact": "age", "at_least": 18}}


def asked(document: Any, **facts: Any) -> Assessment:
    found = read(document)
    return assess(found, read_facts(facts, found.own))


def wrongs(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidError) as refused:
        read(document)
    return {error.pointer: error.detail for error in refused.value.errors}


def test_over_18_and_aged_18_or_over_are_different_rules() -> None:
    over = {"rule": {"fact": "age", "over": 18}}

    assert asked(over, age=18).outcome is Outcome.INELIGIBLE
    assert asked(OSWESTRY, age=18).outcome is Outcome.ELIGIBLE
    assert in_words(read(over)) == ("Over 18",)
    assert in_words(read(OSWESTRY)) == ("Aged 18 or over",)


def test_everything_known_and_nothing_against_is_eligible() -> None:
    found = asked(HAVEN, age=30, in_crisis=True, urgent_medical_need=False, can_keep_safe=True)

    assert found.outcome is Outcome.ELIGIBLE
    assert [one.met for one in found.findings] == [Met.MET] * 4
    assert found.missing == ()
    assert found.declines == ()


def test_one_rule_not_met_is_enough_to_say_no_and_names_its_code() -> None:
    found = asked(HAVEN, age=30, can_keep_safe=False)

    assert found.outcome is Outcome.INELIGIBLE
    assert found.declines == (Decline.RISK_CANNOT_BE_MANAGED,)
    assert found.missing == ()
    (decisive,) = [one for one in found.findings if one.decisive]
    assert decisive.pointer == "/rule/all/3"
    assert decisive.says == "Can keep themselves safe there"
    assert decisive.found is False


def test_what_is_not_known_is_asked_for_by_name() -> None:
    found = asked(HAVEN, age=30, can_keep_safe=True)

    assert found.outcome is Outcome.NEEDS_ASSESSMENT
    assert [fact.asks for fact in found.missing] == [
        "Is the person in a mental health crisis?",
        "Does the person need medical help urgently?",
    ]


def test_an_exclusion_reads_as_what_has_to_be() -> None:
    assert in_words(read(HAVEN))[2] == "Has no urgent medical need"
    finding = asked(HAVEN, urgent_medical_need=True).findings[2]
    assert (finding.pointer, finding.met) == ("/rule/all/2/not", Met.NOT_MET)


def test_the_team_s_discretion_is_never_answered_by_a_machine() -> None:
    document = {"rule": {"all": [{"fact": "age", "over": 17}, {"discretion": "We meet first."}]}}

    assert asked(document, age=40).outcome is Outcome.NEEDS_ASSESSMENT
    assert asked(document, age=40).missing == ()
    assert asked(document, age=17).outcome is Outcome.INELIGIBLE


def test_a_service_that_does_not_say_whom_it_takes_is_to_be_asked() -> None:
    found = assess(None, {"age": 40})

    assert found.outcome is Outcome.NEEDS_ASSESSMENT
    assert found.notes == ("The service does not say whom it takes: ask it.",)


def test_a_service_open_to_everybody_says_so() -> None:
    everybody: dict[str, Any] = {"rule": {"all": []}}

    assert asked(everybody).outcome is Outcome.ELIGIBLE
    assert in_words(read(everybody)) == ("Open to everybody",)


def test_a_question_of_one_s_own_is_asked_like_the_shared_ones() -> None:
    document = {
        "facts": {
            "lives_on_campus": {
                "asks": "Does the person live on the campus?",
                "says": "Lives on the campus",
                "decline": "outside-area",
            }
        },
        "rule": {"fact": "lives_on_campus", "is": True},
        "unstated": ["Who decides about visitors"],
    }

    assert [fact.name for fact in asked(document).missing] == ["lives_on_campus"]
    assert asked(document, lives_on_campus=False).declines == (Decline.OUTSIDE_AREA,)
    assert asked(document).notes == ("Who decides about visitors",)


def test_alternatives_are_read_out_as_such() -> None:
    document = {
        "rule": {
            "any": [
                {"fact": "needs", "has_any": ["housing", "benefits"]},
                {"fact": "referrer", "is": "inpatient-ward", "says": "Sent by a ward"},
            ]
        }
    }

    assert in_words(read(document)) == (
        "One of these: needs help with benefits or housing; sent by a ward",
    )


@pytest.mark.parametrize(
    ("document", "pointer", "says"),
    [
        ({}, "/rule", "for everybody it is {all: []}"),
        ({"rule": {"fact": "agge", "over": 18}}, "/rule/fact", "perhaps age"),
        ({"rule": {"fact": "age", "ovr": 18, "over": 18}}, "/rule/ovr", "perhaps over"),
        ({"rule": {"fact": "age", "over": "18"}}, "/rule/over", "a whole number"),
        ({"rule": {"fact": "age", "over": True}}, "/rule/over", "a whole number"),
        ({"rule": {"fact": "age"}}, "/rule", "Compare a fact once"),
        (
            {"rule": {"fact": "age", "over": 1, "under": 9}},
            "/rule",
            "put two comparisons into all",
        ),
        ({"rule": {"fact": "needs", "is": "housing"}}, "/rule/is", "has, has_any, has_all"),
        ({"rule": {"fact": "housing", "is": "castle"}}, "/rule/is", "no-fixed-abode"),
        ({"rule": {"fact": "district", "one_of": []}}, "/rule/one_of", "list of codes"),
        ({"rule": {"any": []}}, "/rule/any", "1 to"),
        ({"rule": {"all": [{"not": []}]}}, "/rule/all/0/not", "exactly one of"),
        ({"rule": {"all": [], "any": []}}, "/rule", "exactly one of"),
        ({"rule": {"discretion": " "}}, "/rule/discretion", "in words"),
        ({"rule": {"not": {"all": []}}}, "/rule", "Nobody can fit this"),
        ({"rule": {"fact": "age", "over": 1, "decline": "no"}}, "/rule/decline", "not-eligible"),
        ({"rule": {"all": []}, "fcts": {}}, "/fcts", "perhaps facts"),
        ({"rule": {"all": []}, "facts": {"age": {}}}, "/facts/age", "leave it out"),
        ({"rule": {"all": []}, "facts": {"own": {"asks": "?"}}}, "/facts/own/says", "in words"),
        ({"rule": {"all": []}, "unstated": ["x\x07"]}, "/unstated/0", "control"),
        ([], "", "an object"),
    ],
)
def test_a_mistake_is_named_by_its_place_with_what_to_change(
    document: Any, pointer: str, says: str
) -> None:
    assert says in wrongs(document)[pointer]


def test_every_mistake_is_told_at_once() -> None:
    said = wrongs({"rule": {"all": [{"fact": "agge", "over": 1}, {"fact": "age", "over": -1}]}})

    assert set(said) == {"/rule/all/0/fact", "/rule/all/1/over"}


def test_rules_nested_too_deep_are_refused_before_they_are_read() -> None:
    rule: dict[str, Any] = {"all": []}
    for _ in range(5000):
        rule = {"not": rule}

    assert list(wrongs({"rule": rule}).values()) == ["Nest rules 8 deep at most."]


def test_a_fact_of_the_wrong_kind_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidError) as refused:
        read_facts({"age": "old", "in_crisis": None, "made_up": True, "HIV": True}, own={})

    assert {error.pointer for error in refused.value.errors} == {
        "/facts/age",
        "/facts/made_up",
        "/facts",
    }


def test_the_code_of_every_decline_is_one_with_which_a_handoff_is_rejected() -> None:
    rejections = {reason.code for reason in REASONS[Action.REJECT]}

    assert {str(code) for code in Decline} <= rejections


def test_the_example_in_the_documentation_reads() -> None:
    text = (eligibility.__doc__ or "").split("In YAML:\n\n")[1].split("\n\nA fact")[0]
    document = yaml.safe_load(text)

    assert len(in_words(read(document))) == 6
    SCHEMA.validate(document)


def test_the_example_in_the_guide_reads() -> None:
    (text,) = (block for block in rules.guide_examples() if block.startswith("rule:"))

    SCHEMA.validate(yaml.safe_load(text))
    assert len(in_words(read(yaml.safe_load(text)))) == 5


@unhurried
@given(rules.documents, rules.facts(), rules.everything)
def test_a_further_fact_settles_but_never_overturns(
    document: Any, known: Any, further: Any
) -> None:
    before = assess(read(document), known).outcome
    after = assess(read(document), {**further, **known}).outcome

    assert before in {after, Outcome.NEEDS_ASSESSMENT}


@unhurried
@given(rules.documents, rules.facts(), rules.everything)
def test_facts_that_were_not_asked_for_change_nothing(
    document: Any, known: Any, further: Any
) -> None:
    found = assess(read(document), known)
    missing = {fact.name for fact in found.missing}
    others = {name: value for name, value in further.items() if name not in missing}

    assert assess(read(document), {**others, **known}).outcome is found.outcome


@unhurried
@given(rules.settled, rules.facts(), rules.everything)
def test_answering_what_is_asked_for_decides(document: Any, known: Any, further: Any) -> None:
    found = assess(read(document), known)
    answers = {fact.name: further[fact.name] for fact in found.missing}

    assert assess(read(document), {**known, **answers}).outcome is not Outcome.NEEDS_ASSESSMENT


@unhurried
@given(rules.documents, rules.facts())
def test_what_decides_is_named_and_enough(document: Any, known: Any) -> None:
    """A yes or a no rests on the facts of its decisive findings alone."""
    found = assess(read(document), known)
    rests_on = {one.fact.name for one in found.findings if one.decisive and one.fact}
    kept = {name: value for name, value in known.items() if name in rests_on}

    assert assess(read(document), kept).outcome in {found.outcome, Outcome.NEEDS_ASSESSMENT}
    if found.outcome is not Outcome.NEEDS_ASSESSMENT:
        assert assess(read(document), kept).outcome is found.outcome
    if found.outcome is Outcome.INELIGIBLE:
        assert found.declines or not found.findings


@unhurried
@given(rules.documents, rules.facts())
def test_the_quick_answer_is_the_whole_one_s(document: Any, known: Any) -> None:
    assert quick_verdict(document, known) is verdict(read(document).rule, known)
    assert quick_verdict(None, known) is None


@unhurried
@given(rules.documents, rules.facts())
def test_the_opposite_rule_answers_the_opposite(document: Any, known: Any) -> None:
    opposite = {
        Outcome.ELIGIBLE: Outcome.INELIGIBLE,
        Outcome.INELIGIBLE: Outcome.ELIGIBLE,
        Outcome.NEEDS_ASSESSMENT: Outcome.NEEDS_ASSESSMENT,
    }
    turned = {"rule": {"not": document["rule"]}}
    if rules.depth(turned["rule"]) <= 8:
        found = assess(read(document), known).outcome
        assert assess(read(turned), known).outcome is opposite[found]


@unhurried
@given(rules.documents)
def test_what_is_written_reads_as_the_same(document: Any) -> None:
    once = read(document)

    assert read(write(once)) == once
    assert write(read(write(once))) == write(once)
    assert all(in_words(once))


@unhurried
@given(rules.documents, st.data())
def test_the_schema_and_the_reader_say_the_same(document: Any, data: st.DataObject) -> None:
    broken = _broken(document, data)
    accepted = SCHEMA.is_valid(broken)
    assert SCHEMA.is_valid(document)
    try:
        read(broken)
    except InvalidError:
        assert not accepted
    else:
        assert accepted


def _broken(said: Any, data: st.DataObject) -> Any:
    """Return *said* with one part, somewhere, made into something else."""
    if isinstance(said, dict) and said and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(said)))
        return {**said, key: _broken(said[key], data)}
    if isinstance(said, list) and said and data.draw(st.booleans()):
        return [_broken(said[0], data), *said[1:]]
    return data.draw(
        st.sampled_from([None, 1, -1, 200, True, "", "housing", [], {}, [1], {"x": 1}])
    )
