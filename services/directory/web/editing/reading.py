"""Read what a form says: text becomes the JSON that the API would be sent, or a mistake beside its input."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.directory.web.editing import yaml_text
from services.directory.web.editing.inputs import Input, Named, Read, Shape, Texts, rows_of
from services.directory.web.editing.yaml_text import YamlError

_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_TRUTHS: Final = {"true": True, "false": False}
MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What reading a form needs to know of the directory."""

    named: Named
    ids: Collection[str]
    """Ids that the entry names already: they win where several entries have one name."""


def read(inputs: Iterable[Input], texts: Texts, known: Known) -> Read:
    """Return what *texts* say for *inputs*; every mistake is noted in it."""
    found = Read()
    for one in inputs:
        found.values[one.pointer] = _value(found, one, texts, known)
    return found


def _value(found: Read, one: Input, texts: Texts, known: Known) -> Any:
    if one.shape is Shape.ROWS:
        return [
            {
                part.pointer.lstrip("/"): _value(found, one.within(row, part), texts, known)
                for part in one.parts
            }
            for row in range(rows_of(one, texts))
        ]
    said = texts.get(one.pointer, ())
    if one.shape is Shape.CHOICES:
        return list(said)
    if one.shape is Shape.TICK:
        return bool(said)
    text = "".join(said).strip()
    if one.required and not text:
        found.wrong(one, f"Enter this: {one.label[:1].lower()}{one.label[1:]}.")
    return _READERS[one.shape](found, one, text, known)


def _line(_found: Read, _one: Input, text: str, _known: Known) -> str | None:
    return text or None


def _number(found: Read, one: Input, text: str, _known: Known) -> int | None:
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        found.wrong(one, "Enter a whole number, such as 14.")
        return None
    return int(text)


def _degrees(found: Read, one: Input, text: str, _known: Known) -> float | None:
    if not text:
        return None
    if not _DEGREES.fullmatch(text):
        found.wrong(one, "Enter degrees, such as 51.752.")
        return None
    return float(text)


def _choice(_found: Read, _one: Input, text: str, _known: Known) -> Any:
    return _TRUTHS.get(text, text or None)


def _words(_found: Read, _one: Input, text: str, _known: Known) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _yaml(found: Read, one: Input, text: str, _known: Known) -> Any:
    try:
        parsed = yaml_text.parse(text)
    except YamlError as error:
        found.wrong(one, f"Line {error.line}: {error.detail}")
        return None
    if parsed.document is not None and not isinstance(parsed.document, dict):
        found.wrong(one, "Line 1: Begin with a key, such as rule or weekly.")
        return None
    found.documents[one.pointer] = parsed
    return parsed.document


def _name(found: Read, one: Input, text: str, known: Known) -> str | None:
    if not text:
        return None
    ids = [str(id_) for id_ in known.named(one.names, text)]
    held = [id_ for id_ in ids if id_ in known.ids]
    if len(ids) == 1 or held:
        return (held or ids)[0]
    if ids:
        found.wrong(one, f"Several have this name: give the {one.names}'s own number instead.")
    else:
        found.wrong(one, f"The directory lists no {one.names} of this name: write it as listed.")
    return None


def _all_names(found: Read, one: Input, text: str, known: Known) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_NAMES:
        found.wrong(one, f"Name {MOST_NAMES} at most.")
        return []
    ids = (_name(found, one, line, known) for line in lines)
    return [id_ for id_ in ids if id_]


_READERS: Mapping[Shape, Callable[[Read, Input, str, Known], Any]] = {
    Shape.LINE: _line,
    Shape.PARAGRAPH: _line,
    Shape.NUMBER: _number,
    Shape.DEGREES: _degrees,
    Shape.CHOICE: _choice,
    Shape.WORDS: _words,
    Shape.YAML: _yaml,
    Shape.NAMED: _name,
    Shape.ALL_NAMED: _all_names,
}
