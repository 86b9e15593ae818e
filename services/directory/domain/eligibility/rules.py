"""The rules themselves: a tree of comparisons, and which facts it asks for."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from services.directory.domain.eligibility.facts import Decline, Fact, Kind, Value


class Operator(StrEnum):
    """How a fact is compared."""

    OVER = "over"
    """More than: "over 18" begins at 19."""
    AT_LEAST = "at_least"
    """As much or more: "aged 18+" begins at 18."""
    UNDER = "under"
    AT_MOST = "at_most"
    IS = "is"
    ONE_OF = "one_of"
    HAS = "has"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"


FITTING: Final[Mapping[Kind, frozenset[Operator]]] = {
    Kind.NUMBER: frozenset(
        {Operator.OVER, Operator.AT_LEAST, Operator.UNDER, Operator.AT_MOST, Operator.IS}
    ),
    Kind.FLAG: frozenset({Operator.IS}),
    Kind.CODE: frozenset({Operator.IS, Operator.ONE_OF}),
    Kind.CODES: frozenset({Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL}),
}
LISTS: Final = frozenset({Operator.ONE_OF, Operator.HAS_ANY, Operator.HAS_ALL})
"""Operators that take several codes."""


def _numbers(compare: Callable[[int, int], bool]) -> Callable[[Any, Any], bool | None]:
    return lambda value, operand: compare(value, operand) if type(value) is int else None


def _codes(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    return lambda value, operand: compare(value, operand) if type(value) is frozenset else None


HOLDS: Final[Mapping[Operator, Callable[[Any, Any], bool | None]]] = {
    Operator.OVER: _numbers(operator.gt),
    Operator.AT_LEAST: _numbers(operator.ge),
    Operator.UNDER: _numbers(operator.lt),
    Operator.AT_MOST: _numbers(operator.le),
    Operator.IS: lambda value, operand: value == operand if type(value) is type(operand) else None,
    Operator.ONE_OF: lambda value, operand: value in operand if type(value) is str else None,
    Operator.HAS: _codes(operator.contains),
    Operator.HAS_ANY: _codes(lambda value, operand: not value.isdisjoint(operand)),
    Operator.HAS_ALL: _codes(operator.ge),
}
"""Whether a value fulfils an operand; None where the value is of another kind than the rule's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One fact against one value."""

    fact: Fact
    operator: Operator
    operand: Value
    """A number, yes or no, or a code; several codes where the operator takes them."""
    says: str | None = None
    """The rule in the service's own words."""
    decline: Decline

    def holds(self, value: Value) -> bool | None:
        """Tell whether it holds for *value*; None where that is of another kind."""
        return HOLDS[self.operator](value, self.operand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """Something that only the team itself can decide."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part has to hold; without parts it does."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """One part has to hold."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part must not hold: an exclusion."""

    part: "Rule"


Rule = Comparison | Discretion | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Whom a service takes."""

    rule: Rule
    own: Mapping[str, Fact] = field(default_factory=dict)
    """Facts that only this service asks for."""
    unstated: tuple[str, ...] = ()
    """What the source leaves open."""

    def comparisons(self) -> Iterator[Comparison]:
        """Return every comparison, in order."""
        for _, leaf in leaves(self.rule):
            if isinstance(leaf, Comparison):
                yield leaf


def leaves(rule: Rule, pointer: str = "/rule") -> Iterator[tuple[str, Comparison | Discretion]]:
    """Return every leaf of *rule* with its JSON Pointer in the document."""
    if isinstance(rule, AllOf | AnyOf):
        word = "all" if isinstance(rule, AllOf) else "any"
        for number, part in enumerate(rule.parts):
            yield from leaves(part, f"{pointer}/{word}/{number}")
    elif isinstance(rule, Not):
        yield from leaves(rule.part, f"{pointer}/not")
    else:
        yield pointer, rule
