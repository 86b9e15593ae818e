"""Hold a person's facts against a service's rules: yes, no, or what has to be found out first.

What is not known stays not known: "and" and "or" follow Kleene's three-valued logic, so that a further
fact can settle an open question but never overturn a settled one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from services.directory.domain.eligibility.facts import Decline, Fact, Facts, Value
from services.directory.domain.eligibility.rules import (
    AllOf,
    AnyOf,
    Comparison,
    Discretion,
    Eligibility,
    Not,
    Rule,
)
from services.directory.domain.eligibility.words import opposite, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where in the tree a rule stands."""

    pointer: str
    turned: bool = False
    """Whether it stands below an odd number of ``not``."""
    decisive: bool = True

    def below(self, step: str, *, turned: bool = False, decisive: bool = True) -> "Where":
        """Return where the part that *step* leads to stands."""
        return Where(
            pointer=f"{self.pointer}/{step}",
            turned=self.turned is not turned,
            decisive=self.decisive and decisive,
        )


class Outcome(StrEnum):
    """Whether a service is for the person."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    NEEDS_ASSESSMENT = "needs-assessment"


class Met(StrEnum):
    """What one rule finds."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


OUTCOMES = {
    True: Outcome.ELIGIBLE,
    False: Outcome.INELIGIBLE,
    None: Outcome.NEEDS_ASSESSMENT,
}
UNSTATED = "The service does not say whom it takes: ask it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule asks for and what it found."""

    pointer: str
    """Where the rule stands in the service's document: a JSON Pointer."""
    says: str
    """What it asks for, in words, turned round below a ``not``."""
    met: Met
    fact: Fact | None
    """The fact it looks at; None where only the team can decide."""
    found: Value | None
    """That fact's value; None where it is not known."""
    decline: Decline | None
    """The code with which it declines."""
    decisive: bool
    """Whether the outcome rests on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The outcome with everything it rests on."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """What the service's source leaves open."""

    @property
    def missing(self) -> tuple[Fact, ...]:
        """Facts that would bring it nearer to a yes or a no, in the order in which rules ask."""
        if self.outcome is not Outcome.NEEDS_ASSESSMENT:
            return ()
        asked = (one.fact for one in self.findings if one.decisive and one.met is Met.UNKNOWN)
        return tuple({fact.name: fact for fact in asked if fact}.values())

    @property
    def declines(self) -> tuple[Decline, ...]:
        """Codes with which the service would decline, most telling rule first; none unless it would."""
        if self.outcome is not Outcome.INELIGIBLE:
            return ()
        codes = (one.decline for one in self.findings if one.decisive)
        return tuple(dict.fromkeys(code for code in codes if code))


def assess(eligibility: Eligibility | None, facts: Facts) -> Assessment:
    """Return whether the service that has *eligibility* is for the person of *facts*.

    None is a service whose source does not say whom it takes: that needs to be asked.
    """
    if eligibility is None:
        return Assessment(outcome=Outcome.NEEDS_ASSESSMENT, notes=(UNSTATED,))
    return Assessment(
        outcome=OUTCOMES[verdict(eligibility.rule, facts)],
        findings=tuple(_explained(eligibility.rule, facts, Where(pointer="/rule"))),
        notes=eligibility.unstated,
    )


def verdict(rule: Rule, facts: Facts) -> bool | None:
    """Return whether *rule* holds; None where that is not known."""
    match rule:
        case Comparison():
            value = facts.get(rule.fact.name)
            return None if value is None else rule.holds(value)
        case Discretion():
            return None
        case Not():
            inner = verdict(rule.part, facts)
            return None if inner is None else not inner
        case AllOf():
            return conjoined([verdict(part, facts) for part in rule.parts])
        case AnyOf():
            return disjoined([verdict(part, facts) for part in rule.parts])
        case _:
            assert_never(rule)


def conjoined(verdicts: list[bool | None]) -> bool | None:
    """Return Kleene's "and": one no is a no whatever is unknown."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def disjoined(verdicts: list[bool | None]) -> bool | None:
    """Return Kleene's "or": one yes is a yes whatever is unknown."""
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _explained(rule: Rule, facts: Facts, where: Where) -> Iterator[Finding]:
    """Return what each leaf of *rule* finds; a part is decisive where it says what the whole says."""
    match rule:
        case Comparison():
            yield _compared(rule, facts, where)
        case Discretion():
            yield _left_open(rule, where)
        case Not():
            yield from _explained(rule.part, facts, where.below("not", turned=True))
        case AllOf() | AnyOf():
            word = "all" if isinstance(rule, AllOf) else "any"
            outcome = verdict(rule, facts)
            for number, part in enumerate(rule.parts):
                same = verdict(part, facts) is outcome
                yield from _explained(part, facts, where.below(f"{word}/{number}", decisive=same))
        case _:
            assert_never(rule)


def _compared(rule: Comparison, facts: Facts, where: Where) -> Finding:
    holds = verdict(rule, facts)
    return Finding(
        pointer=where.pointer,
        says=opposite(rule) if where.turned else sentence(rule),
        met=Met.UNKNOWN if holds is None else _met(holds is not where.turned),
        fact=rule.fact,
        found=facts.get(rule.fact.name),
        decline=rule.decline,
        decisive=where.decisive,
    )


def _left_open(rule: Discretion, where: Where) -> Finding:
    return Finding(
        pointer=where.pointer,
        says=rule.says,
        met=Met.UNKNOWN,
        fact=None,
        found=None,
        decline=None,
        decisive=where.decisive,
    )


def _met(holds: bool) -> Met:  # noqa: FBT001 - it is the whole question
    return Met.MET if holds else Met.NOT_MET
