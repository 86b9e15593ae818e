"""Kinds of columns: words of code lists, lists of parts, documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

C = TypeVar("C", bound=StrEnum)
T = TypeVar("T")

Words = pg.ARRAY(sa.Text, as_tuple=True)
Document = pg.JSONB(none_as_null=True)
"""A JSON object that the domain reads when it needs what is in it."""


class Coded(sa.types.TypeDecorator[C], Generic[C]):
    """A word of a code list, kept as text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, codes: type[C]) -> None:
        """Keep words of *codes*."""
        super().__init__()
        self.codes = codes

    def process_bind_param(self, value: C | None, _dialect: Any) -> str | None:
        """Write the word."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any, _dialect: Any) -> C | None:
        """Read the word. Raises `ValueError` for one that is not on the list."""
        return None if value is None else self.codes(value)


class CodedWords(sa.types.TypeDecorator[tuple[C, ...]], Generic[C]):
    """Words of a code list, kept as an array of text."""

    impl = pg.ARRAY(sa.Text, as_tuple=True)
    cache_ok = True

    def __init__(self, codes: type[C]) -> None:
        """Keep words of *codes*."""
        super().__init__(sa.Text, as_tuple=True)
        self.codes = codes

    def process_bind_param(
        self, value: Sequence[C] | None, _dialect: Any
    ) -> tuple[Any, ...] | None:
        """Write the words."""
        return None if value is None else tuple(str(one) for one in value)

    def process_result_value(self, value: Any, _dialect: Any) -> tuple[C, ...] | None:
        """Read the words. Raises `ValueError` for one that is not on the list."""
        return None if value is None else tuple(self.codes(one) for one in value)


class Parts(sa.types.TypeDecorator[tuple[T, ...]], Generic[T]):
    """Values of one dataclass, kept as a JSON list; what is None is left out."""

    impl = pg.JSONB
    cache_ok = True

    def __init__(self, made: type[T]) -> None:
        """Keep values of *made*."""
        super().__init__()
        self.made = made
        self._readers = _readers(made)

    def process_bind_param(self, value: Sequence[T] | None, _dialect: Any) -> Any:
        """Write the list."""
        return None if value is None else [_written(one) for one in value]

    def process_result_value(self, value: Any, _dialect: Any) -> tuple[T, ...] | None:
        """Read the list."""
        return None if value is None else tuple(self._read(one) for one in value)

    def _read(self, said: Mapping[str, Any]) -> T:
        return self.made(**{name: self._readers[name](value) for name, value in said.items()})


def _written(part: Any) -> dict[str, Any]:
    said = {field.name: getattr(part, field.name) for field in fields(part)}
    return {
        name: value if isinstance(value, int | float | tuple) else str(value)
        for name, value in said.items()
        if value is not None
    }


def _readers(made: type[Any]) -> dict[str, Callable[[Any], Any]]:
    """Return how each field of *made* is read back from what JSON can hold."""
    return {name: _reader(hint) for name, hint in get_type_hints(made).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) is tuple:
        return tuple
    for kind in (hint, *get_args(hint)):
        if kind is date:
            return date.fromisoformat
        if kind is UUID or (isinstance(kind, type) and issubclass(kind, StrEnum)):
            return kind
    return lambda value: value
