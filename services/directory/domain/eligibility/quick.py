"""Answer yes, no or not known straight from a document that was read before: for many services at once.

The same answer as `assessing.verdict` gives after `reading.read`, for a tenth of the work; it names nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.directory.domain.eligibility.assessing import conjoined, disjoined
from services.directory.domain.eligibility.facts import Facts
from services.directory.domain.eligibility.rules import HOLDS

_HOLDS: Final[Mapping[str, Callable[[Any, Any], bool | None]]] = {
    operator.value: holds for operator, holds in HOLDS.items()
}


def quick_verdict(document: Mapping[str, Any] | None, facts: Facts) -> bool | None:
    """Return whether *document*'s rule holds; None where that is not known, or nothing is stated."""
    return None if document is None else _verdict(document["rule"], facts)


def _verdict(rule: Mapping[str, Any], facts: Facts) -> bool | None:
    if "fact" in rule:
        return _compared(rule, facts.get(rule["fact"]))
    if "all" in rule:
        return conjoined([_verdict(part, facts) for part in rule["all"]])
    if "any" in rule:
        return disjoined([_verdict(part, facts) for part in rule["any"]])
    if "not" in rule:
        inner = _verdict(rule["not"], facts)
        return None if inner is None else not inner
    return None


def _compared(rule: Mapping[str, Any], value: Any) -> bool | None:
    if value is None:
        return None
    for name, operand in rule.items():
        holds = _HOLDS.get(name)
        if holds:
            return holds(value, frozenset(operand) if type(operand) is list else operand)
    return None
