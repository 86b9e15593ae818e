"""Write a service's eligibility as the document that reads as the same."""

from typing import Any

from services.directory.domain.eligibility.facts import Fact
from services.directory.domain.eligibility.rules import (
    AllOf,
    AnyOf,
    Comparison,
    Discretion,
    Eligibility,
    Not,
    Rule,
)


def write(eligibility: Eligibility) -> dict[str, Any]:
    """Return the shortest document that reads as *eligibility*."""
    document: dict[str, Any] = {"rule": _rule(eligibility.rule)}
    if eligibility.own:
        document["facts"] = {name: _fact(fact) for name, fact in eligibility.own.items()}
    if eligibility.unstated:
        document["unstated"] = list(eligibility.unstated)
    return document


def _rule(rule: Rule) -> dict[str, Any]:
    match rule:
        case AllOf():
            return {"all": [_rule(part) for part in rule.parts]}
        case AnyOf():
            return {"any": [_rule(part) for part in rule.parts]}
        case Not():
            return {"not": _rule(rule.part)}
        case Discretion():
            return {"discretion": rule.says}
        case Comparison():
            return _comparison(rule)


def _comparison(rule: Comparison) -> dict[str, Any]:
    operand = sorted(rule.operand) if isinstance(rule.operand, frozenset) else rule.operand
    said: dict[str, Any] = {"fact": rule.fact.name, rule.operator.value: operand}
    if rule.says:
        said["says"] = rule.says
    if rule.decline is not rule.fact.decline:
        said["decline"] = rule.decline.value
    return said


def _fact(fact: Fact) -> dict[str, Any]:
    said = {
        "kind": fact.kind.value,
        "asks": fact.asks,
        "says": fact.says,
        "opposite": fact.opposite,
        "decline": fact.decline.value,
        "choices": list(fact.choices),
    }
    return {name: value for name, value in said.items() if value}
