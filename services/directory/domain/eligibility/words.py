"""A service's rules as sentences: one line a rule, for people who choose a service."""

from typing import Final, assert_never

from services.directory.domain.eligibility.facts import Kind, Value
from services.directory.domain.eligibility.rules import (
    AllOf,
    AnyOf,
    Comparison,
    Discretion,
    Eligibility,
    Not,
    Operator,
    Rule,
)

EVERYBODY: Final = "Open to everybody"
_AGED: Final = {
    Operator.OVER: "Over {}",
    Operator.AT_LEAST: "Aged {} or over",
    Operator.UNDER: "Under {}",
    Operator.AT_MOST: "Aged {} or under",
    Operator.IS: "Aged {}",
}
_COUNTED: Final = {
    Operator.OVER: "over {}",
    Operator.AT_LEAST: "{} or more",
    Operator.UNDER: "under {}",
    Operator.AT_MOST: "{} or less",
    Operator.IS: "{}",
}
_OPPOSITES: Final = {
    Operator.OVER: Operator.AT_MOST,
    Operator.AT_LEAST: Operator.UNDER,
    Operator.UNDER: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.OVER,
}


def in_words(eligibility: Eligibility) -> tuple[str, ...]:
    """Return what has to hold, one line each; every line has to."""
    rule = eligibility.rule
    if isinstance(rule, AllOf):
        return tuple(line_of(part) for part in rule.parts) or (EVERYBODY,)
    return (line_of(rule),)


def line_of(rule: Rule, *, turned: bool = False) -> str:
    """Return *rule*, or what its refusal asks for, as one line."""
    match rule:
        case Comparison():
            return opposite(rule) if turned else sentence(rule)
        case Discretion():
            return rule.says
        case Not():
            return line_of(rule.part, turned=not turned)
        case AllOf() | AnyOf():
            every = isinstance(rule, AllOf) is not turned
            lines = [line_of(part, turned=turned) for part in rule.parts]
            return _joined(lines, every=every)
        case _:
            assert_never(rule)


def sentence(rule: Comparison) -> str:
    """Return what *rule* asks for."""
    return rule.says or _plain(rule)


def opposite(rule: Comparison) -> str:
    """Return what the refusal of *rule* asks for."""
    if rule.says:
        return f"Not: {rule.says}"
    if rule.operator in _OPPOSITES:
        return _number(rule, _OPPOSITES[rule.operator])
    if rule.fact.kind is Kind.FLAG:
        return _flag(rule, wanted=rule.operand is False)
    return f"Not: {_plain(rule)}"


def _plain(rule: Comparison) -> str:
    if rule.fact.kind is Kind.NUMBER:
        return _number(rule, rule.operator)
    if rule.fact.kind is Kind.FLAG:
        return _flag(rule, wanted=rule.operand is True)
    joint = "and" if rule.operator is Operator.HAS_ALL else "or"
    return f"{rule.fact.says} {_codes(rule.operand, joint)}"


def _number(rule: Comparison, operator: Operator) -> str:
    if rule.fact.name == "age":
        return _AGED[operator].format(rule.operand)
    return f"{rule.fact.says} {_COUNTED[operator].format(rule.operand)}"


def _flag(rule: Comparison, *, wanted: bool) -> str:
    return rule.fact.says if wanted else rule.fact.opposite or f"Not: {rule.fact.says}"


def _codes(operand: Value, joint: str) -> str:
    codes = sorted(operand) if isinstance(operand, frozenset) else [str(operand)]
    said = [code.replace("-", " ") for code in codes]
    if len(said) == 1:
        return said[0]
    return f"{', '.join(said[:-1])} {joint} {said[-1]}"


def _joined(lines: list[str], *, every: bool) -> str:
    if len(lines) == 1:
        return lines[0]
    said = "; ".join(line[:1].lower() + line[1:] for line in lines)
    if not lines:
        return EVERYBODY
    return f"All of these: {said}" if every else f"One of these: {said}"
