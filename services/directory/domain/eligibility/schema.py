"""The JSON Schema of an eligibility document, for editors that complete and check while one types.

It says everything that `reading` says but three things: how deep and how many rules may be, and what a
fact of the document's own can be compared with.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from services.directory.domain.documents import LONGEST
from services.directory.domain.eligibility.facts import (
    MOST_CODES,
    NAME,
    OLDEST,
    SHARED,
    Decline,
    Fact,
    Kind,
)
from services.directory.domain.eligibility.reading import MOST_OWN, MOST_RULES, operand_of
from services.directory.domain.eligibility.rules import FITTING, Operator

Document = dict[str, Any]
SENTENCE: Final[Document] = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST,
    "pattern": r"\S",
}
SENTENCES: Final[Document] = {"type": "array", "items": SENTENCE, "maxItems": MOST_CODES}
DECLINE: Final[Document] = {
    "enum": [str(one) for one in Decline],
    "description": "The code with which the service declines.",
}


@cache
def schema() -> Mapping[str, Any]:
    """Return the schema (JSON Schema, draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Whom a service takes",
        **_object(
            {
                "rule": {"$ref": "#/$defs/rule"},
                "facts": {
                    "type": "object",
                    "description": "Questions that only this service asks.",
                    "maxProperties": MOST_OWN,
                    "propertyNames": {"pattern": f"^{NAME}$", "not": {"enum": sorted(SHARED)}},
                    "additionalProperties": {"$ref": "#/$defs/fact"},
                },
                "unstated": SENTENCES | {"description": "What the source leaves open."},
            },
            required=["rule"],
        ),
        "$defs": {
            "rule": {"oneOf": [*_trees(), *(_of(fact) for fact in SHARED.values()), _of_own()]},
            "fact": _own_fact(),
        },
    }


def _trees() -> list[Document]:
    rule: Document = {"$ref": "#/$defs/rule"}
    every: Document = {"type": "array", "items": rule, "maxItems": MOST_RULES}
    return [
        _object({"all": every | {"description": "Every one has to hold."}}, required=["all"]),
        _object(
            {"any": every | {"minItems": 1, "description": "One has to hold."}}, required=["any"]
        ),
        _object({"not": rule}, required=["not"]),
        _object(
            {"discretion": SENTENCE | {"description": "What only the team can decide."}},
            required=["discretion"],
        ),
    ]


def _of(fact: Fact) -> Document:
    fitting = [one for one in Operator if one in FITTING[fact.kind]]
    operands = {str(one): _operand(operand_of(fact, one)) for one in fitting}
    return _comparison({"const": fact.name, "description": fact.asks}, operands)


def _of_own() -> Document:
    anything: Document = {"type": ["boolean", "integer", "string", "array"]}
    named: Document = {"type": "string", "pattern": f"^{NAME}$", "not": {"enum": sorted(SHARED)}}
    return _comparison(named, {str(one): anything for one in Operator})


def _comparison(fact: Document, operands: Mapping[str, Document]) -> Document:
    shape = _object(
        {"fact": fact, "says": SENTENCE, "decline": DECLINE, **operands}, required=["fact"]
    )
    return shape | {"oneOf": [{"required": [one]} for one in operands]}


def _operand(wanted: Fact) -> Document:
    if wanted.kind is Kind.FLAG:
        return {"type": "boolean"}
    if wanted.kind is Kind.NUMBER:
        return {"type": "integer", "minimum": 0, "maximum": OLDEST}
    code = _code(wanted)
    if wanted.kind is Kind.CODE:
        return code
    return {"type": "array", "items": code, "minItems": 1, "maxItems": MOST_CODES}


def _code(wanted: Fact) -> Document:
    if wanted.choices:
        return {"enum": list(wanted.choices)}
    return {"type": "string", "pattern": f"^(?:{wanted.pattern})$", "maxLength": 64}


def _own_fact() -> Document:
    codes = _operand(Fact(name="choices", kind=Kind.CODES, asks="", says=""))
    del codes["minItems"]
    return _object(
        {
            "kind": {"enum": [str(one) for one in Kind], "default": Kind.FLAG.value},
            "asks": SENTENCE | {"description": "The question that finds it out."},
            "says": SENTENCE | {"description": "The rule in words."},
            "opposite": SENTENCE | {"description": "What its opposite reads like."},
            "decline": DECLINE,
            "choices": codes,
        },
        required=["asks", "says"],
    )


def _object(properties: Mapping[str, Any], *, required: list[str]) -> Document:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
