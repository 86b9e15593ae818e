"""The API of one service as a page: what each route takes and gives, drawn from its OpenAPI document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, render_template

from onward.web.access import public
from onward.web.openapi import Api

METHODS: Final = ("get", "post", "put", "patch", "delete")
_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
}
_FORMATS: Final = {"uuid": "UUID", "date-time": "moment", "date": "day", "uri": "address"}
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value looks like, in words, and which of the document's schemas it is, if any."""

    words: str
    schema: str | None = None
    limits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A parameter of an operation, or a member of a schema."""

    name: str
    where: str
    """Of a parameter: ``path``, ``query`` or ``header``."""
    required: bool
    shape: Shape
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    tag: str
    method: str
    path: str
    summary: str
    roles: tuple[str, ...] | None
    """None where anybody may ask, empty where everybody who has proved who they are may."""
    parameters: tuple[Member, ...]
    body: Shape | None
    answers: tuple[tuple[str, str, Shape | None], ...]
    """Status, what it means, and what comes with it."""


def api_page(api: Api, service: str) -> Blueprint:
    """Return the page of *api*, at ``/api/v1/<service>/docs``."""
    pages = Blueprint("api_page", __name__, url_prefix=f"/api/v1/{service}")

    @pages.get("/docs")
    @public
    def drawn() -> str:
        """Show what each route takes and gives."""
        document = api.spec.to_dict()
        operations = sorted(operations_in(document), key=lambda one: _order(document, one.tag))
        return render_template(
            "onward/docs_api.html",
            service=service,
            tags={tag["name"]: tag.get("description", "") for tag in document["tags"]},
            operations=[
                (tag, list(rows)) for tag, rows in groupby(operations, lambda one: one.tag)
            ],
            schemas=schemas_in(document),
        )

    return pages


def operations_in(document: Schema) -> Iterator[Operation]:
    """Yield each operation of an OpenAPI *document*, in its order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if operation := item.get(method):
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                yield Operation(
                    tag=operation["tags"][0],
                    method=method.upper(),
                    path=path,
                    summary=operation.get("summary", ""),
                    roles=tuple(operation["x-roles"]) if "x-roles" in operation else None,
                    parameters=tuple(map(_parameter, parameters)),
                    body=_content(operation.get("requestBody", {})),
                    answers=tuple(
                        (status, answer["description"], _content(answer))
                        for status, answer in sorted(operation["responses"].items())
                        if "description" in answer
                    ),
                )


def schemas_in(document: Schema) -> dict[str, tuple[str, list[Member]]]:
    """Return each schema of an OpenAPI *document*: what it is, and its members."""
    return {
        name: (schema.get("description", ""), _members(schema))
        for name, schema in sorted(document["components"]["schemas"].items())
        if schema.get("properties")
    }


def shape_of(schema: Schema) -> Shape:
    """Return what a value that fits *schema* looks like."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return Shape(words=name, schema=name)
    if parts := schema.get("allOf") or schema.get("anyOf") or schema.get("oneOf"):
        return shape_of(next((part for part in parts if "$ref" in part), parts[0]))
    if schema.get("type") == "array" or "items" in schema:
        inner = shape_of(schema.get("items", {}))
        return Shape(words=f"list of {inner.words}", schema=inner.schema, limits=inner.limits)
    kinds = schema.get("type", "anything")
    named = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
    words = " or ".join(_TYPES.get(kind, kind) for kind in named)
    return Shape(words=_FORMATS.get(schema.get("format", ""), words), limits=_limits(schema))


def _order(document: Schema, tag: str) -> int:
    return [one["name"] for one in document["tags"]].index(tag)


def _parameter(parameter: Schema) -> Member:
    return Member(
        name=parameter["name"],
        where=parameter["in"],
        required=parameter.get("required", False),
        shape=shape_of(parameter.get("schema", {})),
        description=parameter.get("description", ""),
    )


def _members(schema: Schema) -> list[Member]:
    required = schema.get("required", ())
    return [
        Member(
            name=name,
            where="",
            required=name in required,
            shape=shape_of(member),
            description=member.get("description", ""),
        )
        for name, member in schema["properties"].items()
    ]


def _content(part: Schema) -> Shape | None:
    """Return what comes in a body, None for none."""
    for kind, content in part.get("content", {}).items():
        shape = shape_of(content.get("schema", {}))
        return shape if kind.endswith("json") else Shape(words=kind)
    return None


def _limits(schema: Schema) -> str:
    """Return what else *schema* asks for, in words."""
    said = []
    if choices := schema.get("enum"):
        said.append(", ".join(str(choice) for choice in choices if choice is not None))
    least = schema.get("minLength", schema.get("minimum"))
    most = schema.get("maxLength", schema.get("maximum"))
    if least is not None and most is not None:
        said.append(f"{least} to {most}" + (" characters" if "maxLength" in schema else ""))
    elif most is not None:
        said.append(f"at most {most}" + (" characters" if "maxLength" in schema else ""))
    if "default" in schema and schema["default"] is not None:
        said.append(f"else {schema['default']}")
    return "; ".join(said)
