"""Eligibility to test with: strategies for rules, documents and what is known about people."""

import re
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from onward.errors import InvalidError
from services.directory.domain.eligibility.facts import SHARED, Decline, Fact, Facts, Kind
from services.directory.domain.eligibility.reading import operand_of, read
from services.directory.domain.eligibility.rules import FITTING, Operator

GUIDE = Path(__file__).parents[3] / "docs" / "eligibility.md"
FEW = [SHARED[name] for name in ("age", "in_crisis", "inpatient", "housing", "needs")]
"""Enough kinds to try everything, so few that rules often ask the same one twice."""
NEEDS = ["housing", "benefits", "crisis"]
WORDS = ["Everybody over 18", "Ask the team"]


def guide_examples() -> list[str]:
    """Return the documents that the guide shows."""
    return re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)


def values(fact: Fact, *, fewest: int = 0) -> st.SearchStrategy[Any]:
    """Return values of *fact* as JSON has them."""
    if fact.kind is Kind.NUMBER:
        return st.integers(15, 22)
    if fact.kind is Kind.FLAG:
        return st.booleans()
    code = st.sampled_from(fact.choices[:3] or NEEDS)
    if fact.kind is Kind.CODE:
        return code
    return st.lists(code, min_size=fewest, max_size=3, unique=True)


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    fact = draw(st.sampled_from(FEW))
    operator = draw(st.sampled_from(sorted(FITTING[fact.kind])))
    operand = draw(values(operand_of(fact, Operator(operator)), fewest=1))
    said = {"fact": fact.name, operator.value: operand}
    if draw(st.booleans()):
        said["says"] = draw(st.sampled_from(WORDS))
        said["decline"] = draw(st.sampled_from(Decline)).value
    return said


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return rules of *leaf* up to seven deep."""
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.lists(part, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            part.map(lambda one: {"not": one}),
        ),
        max_leaves=6,
    ).filter(lambda rule: depth(rule) < 8 and _depends(rule))


def _depends(rule: Any) -> bool:
    """Tell whether it takes somebody and not everybody: what takes nobody is refused."""
    try:
        read({"rule": rule}), read({"rule": {"not": rule}})
    except InvalidError:
        return False
    return True


def depth(rule: Any) -> int:
    if isinstance(rule, dict):
        parts = [
            *rule.get("all", ()),
            *rule.get("any", ()),
            *([rule["not"]] if "not" in rule else ()),
        ]
        return 1 + max(map(depth, parts), default=0)
    return 0


discretion = st.sampled_from(WORDS).map(lambda words: {"discretion": words})
documents = trees(comparisons() | discretion).map(lambda rule: {"rule": rule})
settled = trees(comparisons()).map(lambda rule: {"rule": rule})
"""Documents that leave nothing to anybody's discretion."""


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Draw what is known about somebody: anything from nothing to everything `FEW` asks."""
    known = draw(st.lists(st.sampled_from(FEW), unique=True))
    said = {fact.name: draw(values(fact)) for fact in known}
    return {name: frozenset(one) if isinstance(one, list) else one for name, one in said.items()}


everything = st.fixed_dictionaries({fact.name: values(fact) for fact in FEW}).map(
    lambda said: {name: frozenset(v) if isinstance(v, list) else v for name, v in said.items()}
)
