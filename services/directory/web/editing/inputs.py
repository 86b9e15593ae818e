"""What a form is made of: inputs by the JSON Pointer of the fact they are for, between text and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from onward.errors import FieldError
from services.directory.web.editing.yaml_text import Parsed

Texts = Mapping[str, Sequence[str]]
"""What stands in a form, by pointer: what a browser sends, or would send unchanged."""
MOST_ROWS: Final = 100


class Shape(StrEnum):
    """What an input looks like, and how its text is read."""

    LINE = "line"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    DEGREES = "degrees"
    TICK = "tick"
    CHOICE = "choice"
    CHOICES = "choices"
    WORDS = "words"
    """Words with commas between."""
    NAMED = "named"
    """The name of an entry of the directory, kept as its id."""
    ALL_NAMED = "all-named"
    """Names, one a line."""
    YAML = "yaml"
    ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form."""

    pointer: str
    label: str
    shape: Shape = Shape.LINE
    hint: str = ""
    words: Mapping[Any, str] = field(default_factory=dict)
    """What can be chosen, and its words."""
    names: str = "organisation"
    """What kind of entry is named."""
    parts: "tuple[Input, ...]" = ()
    """The inputs of each row, by pointers within it."""
    required: bool = False
    width: int = 20
    """Characters that fit into it."""

    @property
    def name(self) -> str:
        """Its name in the form, made for addresses and labels too."""
        return self.pointer.lstrip("/").replace("/", "-")

    def within(self, row: int, part: "Input") -> "Input":
        """Return the input *part* of one *row*."""
        return replace(part, pointer=f"{self.pointer}/{row}{part.pointer}")


Named = Callable[[str, str], Sequence[UUID]]
"""Finds entries: kind and name; those of that name."""


@dataclass(slots=True)
class Read:
    """What a form says."""

    values: dict[str, Any] = field(default_factory=dict)
    """JSON values by pointer."""
    errors: list[FieldError] = field(default_factory=list)
    documents: dict[str, Parsed] = field(default_factory=dict)
    """YAML texts that were read, by pointer."""

    def wrong(self, one: Input, detail: str) -> None:
        """Note that *one* has to change as *detail* says."""
        self.errors.append(FieldError(pointer=one.pointer, detail=detail))


def rows_of(one: Input, texts: Texts) -> int:
    """Return how many rows of *one* stand in *texts*."""
    start = f"{one.pointer}/"
    numbers = (key.removeprefix(start).split("/")[0] for key in texts if key.startswith(start))
    return max((int(number) + 1 for number in numbers if number.isdecimal()), default=0)


def tidy(inputs: Iterable[Input], texts: Texts) -> dict[str, Sequence[str]]:
    """Return *texts* of these *inputs* without empty rows, those that are left numbered in order."""
    kept: dict[str, Sequence[str]] = {}
    for one in inputs:
        if one.shape is not Shape.ROWS:
            kept[one.pointer] = texts.get(one.pointer, ())
            continue
        number = 0
        for row in range(min(rows_of(one, texts), MOST_ROWS)):
            said = [(part, texts.get(one.within(row, part).pointer, ())) for part in one.parts]
            if any(_says(part, text) for part, text in said):
                kept |= {one.within(number, part).pointer: text for part, text in said}
                number += 1
    return kept


def _says(part: Input, text: Sequence[str]) -> bool:
    """Tell whether somebody filled *part* in: something is chosen in every list from the start."""
    return part.shape is not Shape.CHOICE and bool("".join(text).strip())
