"""What a rule may ask about a person: the shared facts, their kinds, and how each reads in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from onward.errors import FieldError, InvalidError

Value = bool | int | str | frozenset[str]
Facts = Mapping[str, Value]
"""What is known about the person, by the fact's name; what is not in it is not known."""

OLDEST: Final = 130
MOST_CODES: Final = 100
MOST_FACTS: Final = 200
NAME: Final = r"[a-z][a-z0-9_]{0,39}"
CODE: Final = r"[a-z0-9]+(-[a-z0-9]+)*"
ONS_CODE: Final = r"[ENSW][0-9]{8}"
OUTCODE: Final = r"[A-Z]{1,2}[0-9][0-9A-Z]?"
ODS_CODE: Final = r"[A-Z0-9]{1,9}"


class Kind(StrEnum):
    """What a fact's value is."""

    NUMBER = "number"
    FLAG = "flag"
    """Yes or no."""
    CODE = "code"
    CODES = "codes"
    """Everything that applies: a code that is not among them does not apply."""


class Decline(StrEnum):
    """Why a service says no, in the codes with which a recipient rejects a handoff."""

    NOT_ELIGIBLE = "not-eligible"
    OUTSIDE_AREA = "outside-area"
    RISK_CANNOT_BE_MANAGED = "risk-cannot-be-managed"
    NEEDS_OTHER_SERVICE = "needs-other-service"
    NEEDS_TOO_COMPLEX = "needs-too-complex"
    ALREADY_KNOWN = "already-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that can be known about a person."""

    name: str
    kind: Kind
    asks: str
    """The question that finds it out."""
    says: str
    """The rule in words: a sentence for a flag, what comes before the value for the others."""
    opposite: str | None = None
    """What the opposite reads like; for flags."""
    decline: Decline = Decline.NOT_ELIGIBLE
    choices: tuple[str, ...] = ()
    """The only codes it takes; none: whatever matches `pattern`."""
    pattern: str = CODE


def _flag(name: str, asks: str, says: str, opposite: str, **more: Any) -> Fact:
    return Fact(name=name, kind=Kind.FLAG, asks=asks, says=says, opposite=opposite, **more)


def _place(name: str, asks: str, says: str, pattern: str) -> Fact:
    decline = Decline.OUTSIDE_AREA
    return Fact(name=name, kind=Kind.CODE, asks=asks, says=says, pattern=pattern, decline=decline)


HOUSING: Final = (
    "no-fixed-abode",
    "rough-sleeping",
    "hospital",
    "temporary",
    "supported",
    "family-or-friends",
    "own-tenancy",
    "owner",
    "care-home",
    "custody",
)
REFERRERS: Final = (
    "self",
    "family-or-carer",
    "gp",
    "adult-mental-health-team",
    "inpatient-ward",
    "accident-and-emergency",
    "social-care",
    "housing",
    "voluntary-sector",
    "police-or-probation",
)
SHARED: Final[Mapping[str, Fact]] = {
    fact.name: fact
    for fact in (
        Fact(name="age", kind=Kind.NUMBER, asks="How old is the person, in years?", says="Age"),
        Fact(
            name="needs",
            kind=Kind.CODES,
            asks="What does the person need?",
            says="Needs help with",
            decline=Decline.NEEDS_OTHER_SERVICE,
        ),
        Fact(
            name="gender",
            kind=Kind.CODE,
            asks="Which gender is the person?",
            says="Gender:",
            choices=("woman", "man", "non-binary", "other"),
        ),
        Fact(
            name="housing",
            kind=Kind.CODE,
            asks="Where does the person live at the moment?",
            says="Housing:",
            choices=HOUSING,
        ),
        Fact(
            name="diagnosis",
            kind=Kind.CODES,
            asks="Which diagnoses does the person have?",
            says="Diagnosed with",
        ),
        Fact(
            name="referrer",
            kind=Kind.CODE,
            asks="Who refers the person?",
            says="Referred by:",
            choices=REFERRERS,
        ),
        _place("district", "In which district does the person live?", "Lives in", ONS_CODE),
        _place("county", "In which county does the person live?", "Lives in", ONS_CODE),
        _place("outcode", "How does the person's postcode begin?", "Lives in", OUTCODE),
        _place(
            "practice",
            "With which practice is the person registered?",
            "Registered with practice",
            ODS_CODE,
        ),
        _flag(
            "mental_ill_health",
            "Does the person experience mental ill-health?",
            "Experiences mental ill-health",
            "Does not experience mental ill-health",
        ),
        _flag(
            "serious_mental_illness",
            "Does the person have a serious and lasting mental illness?",
            "Has a serious and lasting mental illness",
            "Has no serious and lasting mental illness",
        ),
        _flag(
            "in_crisis",
            "Is the person in a mental health crisis?",
            "Is in a mental health crisis",
            "Is not in a mental health crisis",
        ),
        _flag(
            "urgent_medical_need",
            "Does the person need medical help urgently?",
            "Needs medical help urgently",
            "Has no urgent medical need",
        ),
        _flag(
            "physical_health_issue",
            "Does the person have a physical health issue?",
            "Has a physical health issue",
            "Has no physical health issue",
        ),
        _flag(
            "can_keep_safe",
            "Can the person keep themselves safe there?",
            "Can keep themselves safe there",
            "Cannot keep themselves safe there",
            decline=Decline.RISK_CANNOT_BE_MANAGED,
        ),
        _flag(
            "mental_health_team_patient",
            "Is the person a patient of an adult mental health team?",
            "Is a patient of an adult mental health team",
            "Is not a patient of an adult mental health team",
        ),
        _flag(
            "inpatient",
            "Is the person in hospital?",
            "Is in hospital",
            "Is not in hospital",
        ),
        _flag(
            "ready_for_discharge",
            "Is the person medically ready to leave hospital?",
            "Is medically ready to leave hospital",
            "Is not medically ready to leave hospital",
        ),
        _flag(
            "lacks_suitable_home",
            "Does the person lack a suitable home?",
            "Lacks a suitable home",
            "Has a suitable home",
        ),
        _flag(
            "no_other_housing",
            "Is every other local housing option closed to the person?",
            "Has no other local housing option",
            "Has another local housing option",
        ),
        _flag(
            "wants_tenancy",
            "Does the person want to hold a tenancy?",
            "Wants to hold a tenancy",
            "Does not want to hold a tenancy",
        ),
        _flag(
            "tenancy_at_risk",
            "Does the person find it hard to keep their tenancy?",
            "Finds it hard to keep their tenancy",
            "Has no difficulty keeping their tenancy",
        ),
        _flag(
            "often_at_emergency",
            "Does the person often come to accident and emergency?",
            "Often comes to accident and emergency",
            "Does not often come to accident and emergency",
        ),
        _flag(
            "lived_experience",
            "Does the person have lived experience of poor mental health?",
            "Has lived experience of poor mental health",
            "Has no lived experience of poor mental health",
        ),
        _flag(
            "uses_substances",
            "Does the person use drugs or alcohol?",
            "Uses drugs or alcohol",
            "Does not use drugs or alcohol",
        ),
        _flag("isolated", "Is the person isolated?", "Is isolated", "Is not isolated"),
        _flag("carer", "Is the person a carer?", "Is a carer", "Is not a carer"),
    )
}


def read_facts(said: Mapping[str, Any], own: Mapping[str, Fact] | None = None) -> Facts:
    """Return the facts that *said* states; null states nothing.

    *own* are the facts that one service asks besides `SHARED`. Without it other names pass as they
    are: some service may ask for them. Raises `InvalidError` with a pointer below ``/facts`` each.
    """
    errors: list[FieldError] = []
    facts: dict[str, Value] = {}
    for name, value in said.items():
        if value is None:
            continue
        fact = SHARED.get(name) or (own or {}).get(name)
        problem = _problem(fact, value) if fact or own is not None else _unknown_kind(name, value)
        if problem:
            errors.append(FieldError(pointer=_pointer(name), detail=problem))
        else:
            facts[name] = valued(value)
    if errors:
        raise InvalidError(
            "invalid-facts", "Change the facts that errors lists, then ask again.", errors=errors
        )
    return facts


def fits(fact: Fact, value: Any) -> bool:
    """Tell whether *value*, as JSON has it, can be that of *fact*."""
    if fact.kind is Kind.FLAG:
        return isinstance(value, bool)
    if fact.kind is Kind.NUMBER:
        return type(value) is int and 0 <= value <= OLDEST
    if fact.kind is Kind.CODE:
        return isinstance(value, str) and is_code(fact, value)
    return (
        isinstance(value, list)
        and len(value) <= MOST_CODES
        and all(isinstance(code, str) and is_code(fact, code) for code in value)
    )


def is_code(fact: Fact, code: str) -> bool:
    """Tell whether *code* is one that *fact* takes."""
    if fact.choices:
        return code in fact.choices
    return len(code) <= 64 and bool(re.fullmatch(fact.pattern, code))  # noqa: PLR2004 - as `Code`


EXPECTS: Final = {
    Kind.NUMBER: f"a whole number from 0 to {OLDEST}",
    Kind.FLAG: "true or false",
    Kind.CODE: "one code",
    Kind.CODES: "a list of codes",
}


def _problem(fact: Fact | None, value: Any) -> str | None:
    if fact is None:
        return "No rule asks for this fact: leave it out."
    return None if fits(fact, value) else f"Give {expected(fact)}, or null where it is not known."


def expected(fact: Fact) -> str:
    """Return in words what a value of *fact* is."""
    if fact.choices:
        return f"{EXPECTS[fact.kind]} of: {', '.join(fact.choices)}"
    if fact.pattern != CODE:
        return f"{EXPECTS[fact.kind]} that matches {fact.pattern}"
    return EXPECTS[fact.kind]


def _unknown_kind(name: str, value: Any) -> str | None:
    if not re.fullmatch(NAME, name):
        return "Name a fact in lower-case letters, digits and underscores."
    shapes = (Fact(name=name, kind=kind, asks="", says="") for kind in Kind)
    if any(fits(shape, value) for shape in shapes):
        return None
    return "Give true or false, a whole number, a code or a list of codes."


def valued(value: Any) -> Value:
    """Return *value*, as JSON has it, as facts keep it."""
    kept: Value = frozenset(value) if isinstance(value, list) else value
    return kept


def _pointer(name: str) -> str:
    return f"/facts/{name}" if re.fullmatch(NAME, name) else "/facts"
