"""What a declaration says about its fields: name, type, whether it must be there, and its docstring."""

import ast
import dataclasses
import inspect
import re
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from onward.contracts import declared
from onward.contracts.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventField:
    """One field of an event."""

    name: str
    type: Any
    """The type without ``None``: a scalar's class, or that of a list's items."""
    many: bool
    required: bool
    description: str


def described(event: type[Event]) -> tuple[EventField, ...]:
    """Return the fields of *event* in the order they were declared."""
    hints = get_type_hints(event)
    texts = _field_texts(event.key)
    return tuple(
        EventField(
            name=field.name,
            type=_item(hints[field.name]),
            many=get_origin(_present(hints[field.name])) is tuple,
            required=field.default is dataclasses.MISSING,
            description=texts.get(field.name, ""),
        )
        for field in dataclasses.fields(event)  # type: ignore[arg-type] # events are dataclasses
    )


def description(event: type[Event]) -> str:
    """Return what *event* means, in one sentence."""
    return _plain(inspect.getdoc(event) or "").split("\n\n", 1)[0].replace("\n", " ")


def _present(hint: Any) -> Any:
    """Return *hint* without ``None``."""
    if get_origin(hint) in {Union, types.UnionType}:
        (inner,) = (argument for argument in get_args(hint) if argument is not types.NoneType)
        return inner
    return hint


def _item(hint: Any) -> Any:
    present = _present(hint)
    return get_args(present)[0] if get_origin(present) is tuple else present


@cache
def _field_texts(key: str) -> Mapping[str, str]:
    """Return the docstrings under the fields of event *key* and of what it inherits from."""
    texts: dict[str, str] = {}
    for made in reversed(declared()[key].__mro__):
        if issubclass(made, Event) and made is not Event:
            (body,) = ast.parse(textwrap.dedent(inspect.getsource(made))).body
            texts |= _texts_in(body)
    return texts


def _texts_in(body: ast.stmt) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for statement in body.body if isinstance(body, ast.ClassDef) else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                last = name
            case ast.Expr(value=ast.Constant(value=str(text))) if last:
                found[last] = " ".join(_plain(text).split())
            case _:
                last = ""
    return found


def _plain(text: str) -> str:
    """Return *text* with reStructuredText's literals as Markdown's."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)
