"""Read a service's eligibility document; every mistake is named by its place."""

import re
from collections.abc import Mapping
from typing import Any, Final

from onward.errors import InvalidError
from services.directory.domain.documents import Reading, near
from services.directory.domain.eligibility.assessing import verdict
from services.directory.domain.eligibility.facts import (
    MOST_CODES,
    NAME,
    SHARED,
    Decline,
    Fact,
    Kind,
    Value,
    expected,
    fits,
    valued,
)
from services.directory.domain.eligibility.rules import (
    FITTING,
    LISTS,
    AllOf,
    AnyOf,
    Comparison,
    Discretion,
    Eligibility,
    Not,
    Operator,
    Rule,
)

MOST_RULES: Final = 200
DEEPEST: Final = 8
MOST_OWN: Final = 50
SHAPES: Final = ("all", "any", "not", "discretion", "fact")
KEYS: Final = ("facts", "rule", "unstated")
OWN_KEYS: Final = ("kind", "asks", "says", "opposite", "decline", "choices")
COMPARISON_KEYS: Final = ("fact", "says", "decline", *Operator)


def read(document: Any, *, pointer: str = "") -> Eligibility:
    """Return the eligibility that *document* describes.

    Raises `InvalidError` ``invalid-eligibility`` with everything that is wrong in it, each by JSON
    Pointer; *pointer* is where the document itself stands.
    """
    reader = _Reader(pointer)
    found = reader.eligibility(document)
    if found is None or reader.errors:
        raise InvalidError(
            "invalid-eligibility",
            "Change what errors lists in the document, then send it again.",
            errors=reader.errors,
        )
    return found


class _Reader(Reading):
    """Reads one document; what is None was wrong, and has been noted."""

    def __init__(self, pointer: str) -> None:
        super().__init__(pointer)
        self.own: dict[str, Fact] = {}
        self.rules = 0

    def eligibility(self, document: Any) -> Eligibility | None:
        if not self.is_object(document, "", KEYS):
            return None
        self.own_facts(document.get("facts", {}))
        unstated = self.sentences(document.get("unstated", []), "/unstated", MOST_CODES)
        if "rule" not in document:
            self.wrong("/rule", "Say the rule; for everybody it is {all: []}.")
            return None
        rule = self.rule(document["rule"], "/rule", 1)
        if rule is None:
            return None
        found = Eligibility(rule=rule, own=self.own, unstated=unstated)
        if verdict(found.rule, {}) is False:
            self.wrong("/rule", "Nobody can fit this: an empty all is everybody, its not nobody.")
        return found

    def own_facts(self, said: Any) -> None:
        if not isinstance(said, Mapping) or len(said) > MOST_OWN:
            self.wrong("/facts", f"Give an object of {MOST_OWN} facts at most.")
            return
        for name, fact in said.items():
            if not isinstance(name, str) or not re.fullmatch(NAME, name):
                self.wrong("/facts", "Name a fact in lower-case letters, digits and underscores.")
            elif name in SHARED:
                self.wrong(f"/facts/{name}", "Every service can ask this: leave it out here.")
            elif self.is_object(fact, f"/facts/{name}", OWN_KEYS):
                self.own[name] = self.own_fact(name, fact, f"/facts/{name}")

    def own_fact(self, name: str, said: Mapping[str, Any], pointer: str) -> Fact:
        kind = self.word(said.get("kind", Kind.FLAG), f"{pointer}/kind", Kind, Kind.FLAG)
        choices = said.get("choices", [])
        codes = Fact(name=name, kind=Kind.CODES, asks="", says="")
        if not fits(codes, choices) or (choices and kind not in {Kind.CODE, Kind.CODES}):
            self.wrong(f"{pointer}/choices", "Give a list of codes, where the fact is of codes.")
            choices = []
        return Fact(
            name=name,
            kind=kind,
            asks=self.sentence(said.get("asks"), f"{pointer}/asks"),
            says=self.sentence(said.get("says"), f"{pointer}/says"),
            opposite=self.maybe_sentence(said, "opposite", pointer),
            decline=self.decline(said, pointer, Decline.NOT_ELIGIBLE),
            choices=tuple(choices),
        )

    def rule(self, said: Any, pointer: str, depth: int) -> Rule | None:
        self.rules += 1
        shapes = [shape for shape in SHAPES if isinstance(said, Mapping) and shape in said]
        if depth > DEEPEST:
            self.wrong(pointer, f"Nest rules {DEEPEST} deep at most.")
        elif self.rules > MOST_RULES:
            self.wrong(pointer, f"Use {MOST_RULES} rules at most.")
        elif len(shapes) != 1:
            self.wrong(pointer, f"Give an object with exactly one of: {', '.join(SHAPES)}.")
        elif shapes == ["fact"]:
            return self.comparison(said, pointer)
        else:
            self.is_object(said, pointer, shapes)
            return self.tree(shapes[0], said[shapes[0]], f"{pointer}/{shapes[0]}", depth)
        return None

    def tree(self, shape: str, said: Any, pointer: str, depth: int) -> Rule | None:
        if shape == "discretion":
            return Discretion(says=self.sentence(said, pointer))
        if shape == "not":
            part = self.rule(said, pointer, depth + 1)
            return part and Not(part=part)
        fewest = 0 if shape == "all" else 1
        found = [
            self.rule(part, f"{pointer}/{at}", depth + 1)
            for at, part in enumerate(self.items(said, pointer, MOST_RULES, fewest=fewest))
        ]
        parts = tuple(part for part in found if part is not None)
        return AllOf(parts=parts) if shape == "all" else AnyOf(parts=parts)

    def comparison(self, said: Mapping[str, Any], pointer: str) -> Comparison | None:
        self.is_object(said, pointer, COMPARISON_KEYS)
        operators = [operator for operator in Operator if operator in said]
        if len(operators) != 1:
            self.wrong(pointer, "Compare a fact once; put two comparisons into all.")
        fact = self.known(said["fact"], f"{pointer}/fact")
        if fact is None or len(operators) != 1:
            return None
        operator = operators[0]
        operand = self.operand(fact, operator, said[operator], f"{pointer}/{operator}")
        if operand is None:
            return None
        return Comparison(
            fact=fact,
            operator=operator,
            operand=operand,
            says=self.maybe_sentence(said, "says", pointer),
            decline=self.decline(said, pointer, fact.decline),
        )

    def known(self, name: Any, pointer: str) -> Fact | None:
        fact = SHARED.get(name) or self.own.get(name) if isinstance(name, str) else None
        if fact is None:
            hint = near(name, [*SHARED, *self.own])
            self.wrong(pointer, f"Nothing has this name{hint}; facts of your own go into facts.")
        return fact

    def operand(self, fact: Fact, operator: Operator, said: Any, pointer: str) -> Value | None:
        if operator not in FITTING[fact.kind]:
            fitting = [one for one in Operator if one in FITTING[fact.kind]]
            self.wrong(pointer, f"A fact of kind {fact.kind} takes {', '.join(fitting)}.")
            return None
        wanted = operand_of(fact, operator)
        if not fits(wanted, said) or said == []:
            self.wrong(pointer, f"Give {expected(wanted)}.")
            return None
        return valued(said)

    def decline(self, said: Mapping[str, Any], pointer: str, default: Decline) -> Decline:
        return self.word(said.get("decline", default), f"{pointer}/decline", Decline, default)


def operand_of(fact: Fact, operator: Operator) -> Fact:
    """Return of which kind the value is that *operator* compares *fact* with."""
    single = Kind.CODE if fact.kind is Kind.CODES else fact.kind
    return Fact(
        name=fact.name,
        kind=Kind.CODES if operator in LISTS else single,
        asks=fact.asks,
        says=fact.says,
        choices=fact.choices,
        pattern=fact.pattern,
    )
