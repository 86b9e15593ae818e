"""Draw forms: what an entry says as the text of its inputs, and what is wrong beside each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onward.errors import FieldError
from services.directory.web.editing import yaml_text
from services.directory.web.editing.inputs import MOST_ROWS, Input, Read, Shape, Texts, rows_of

_LINE = re.compile(r"Line ([0-9]+): ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One input as its template draws it."""

    input: Input
    texts: Sequence[str] = ()
    error: str | None = None
    excerpt: str | None = None
    """The line of a document that the error is about."""
    rows: "Sequence[Sequence[Drawn]]" = ()

    @property
    def text(self) -> str:
        """What stands in it, where that is one text."""
        return "".join(self.texts)

    @property
    def many_lines(self) -> int:
        """How high a box its text wants."""
        return min(30, max(3, self.text.count("\n") + 3))


def texts_of(
    inputs: Iterable[Input], body: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Sequence[str]]:
    """Return the texts with which *inputs* say what *body* says; *names* are those of its ids."""
    texts: dict[str, Sequence[str]] = {}
    for one in inputs:
        value = at(body, one.pointer)
        if one.shape is Shape.ROWS:
            for row, said in enumerate(value):
                for part in one.parts:
                    told = _texts(part, at(said, part.pointer), names)
                    texts[one.within(row, part).pointer] = told
        else:
            texts[one.pointer] = _texts(one, value, names)
    return texts


def at(body: Any, pointer: str) -> Any:
    """Return what stands in *body* at *pointer*, which one of its forms' inputs has."""
    for key in pointer.lstrip("/").split("/"):
        body = body[key]
    return body


def draw(inputs: Iterable[Input], texts: Texts, errors: Sequence[FieldError]) -> list[Drawn]:
    """Return *inputs* as they are drawn, rows with an empty one to be filled in."""
    wrong = {error.pointer: error.detail for error in reversed(errors)}
    return [_drawn(one, texts, wrong) for one in inputs]


def beside(errors: Iterable[FieldError], read: Read) -> list[FieldError]:
    """Return *errors* at the inputs they belong to: those within a document by its line."""
    return [_beside(error, read) for error in errors]


def _beside(error: FieldError, read: Read) -> FieldError:
    for pointer, parsed in read.documents.items():
        if error.pointer == pointer or error.pointer.startswith(f"{pointer}/"):
            line = parsed.line_of(error.pointer.removeprefix(pointer))
            return FieldError(pointer=pointer, detail=f"Line {line}: {error.detail}")
    return error


def _texts(one: Input, value: Any, names: Mapping[str, str]) -> Sequence[str]:
    if value is None or (value is False and one.shape is Shape.TICK):
        return ()
    if one.shape is Shape.CHOICES:
        return [str(word) for word in value]
    if one.shape in {Shape.NAMED, Shape.ALL_NAMED}:
        ids = value if isinstance(value, list) else [value]
        return ["\n".join(names.get(str(id_), str(id_)) for id_ in ids)]
    return [_text(one, value)]


def _text(one: Input, value: Any) -> str:
    if one.shape is Shape.WORDS:
        return ", ".join(value)
    if one.shape is Shape.YAML:
        return yaml_text.write(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _drawn(one: Input, texts: Texts, wrong: Mapping[str, str]) -> Drawn:
    error = wrong.get(one.pointer)
    if one.shape is not Shape.ROWS:
        said = texts.get(one.pointer, ())
        return Drawn(input=one, texts=said, error=error, excerpt=_excerpt(error, said))
    count = min(rows_of(one, texts) + 1, MOST_ROWS)
    rows = [
        [_drawn(one.within(row, part), texts, wrong) for part in one.parts] for row in range(count)
    ]
    return Drawn(input=one, error=error, rows=rows)


def _excerpt(error: str | None, texts: Sequence[str]) -> str | None:
    found = _LINE.match(error or "")
    if found is None:
        return None
    lines = "".join(texts).splitlines()
    number = int(found.group(1))
    return lines[number - 1].rstrip() if number <= len(lines) else None
