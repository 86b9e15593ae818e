"""Write an entry down as JSON and read it back: whatever its dataclass holds, as old as it may be."""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

E = TypeVar("E")


def written(value: Any) -> Any:
    """Return *value* as JSON can hold it; a dataclass becomes an object with all its fields."""
    if is_dataclass(value):
        return {field.name: written(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: written(inside) for name, inside in value.items()}
    if isinstance(value, list | tuple):
        return [written(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def read(made: type[E], said: Mapping[str, Any]) -> E:
    """Return the value of the dataclass *made* that *said* was written from.

    A field it knows nothing of, because it is newer, has its default; one that is no more is left out.
    """
    readers = _readers(cast("Any", made))
    return made(**{name: readers[name](value) for name, value in said.items() if name in readers})


@cache
def _readers(made: type[Any]) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(made)
    return {field.name: _reader(hints[field.name]) for field in fields(made)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return how a value of the type *hint* is read."""
    if get_origin(hint) in {Union, types.UnionType}:
        (kind,) = (kind for kind in get_args(hint) if kind is not type(None))
        inner = _reader(kind)
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        one = _reader(get_args(hint)[0])
        return lambda values: tuple(one(value) for value in values)
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda said: read(hint, said)
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, UUID | StrEnum):
        return hint
    return lambda value: value
