"""Write the catalogues: every text that a package's pages mark, with what translators made of it."""

import ast
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from onward import errors
from onward.errors import Refused
from onward.languages import FOLDER

_SAYING: Final[Mapping[str, tuple[int | str, ...]]] = {
    "translated": (0,),
    "translated_number": (0, 1),
    "marked": (0,),
    # a refusal's second argument is its sentence
    **{
        name: (1,)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Refused) and name != "NotFoundError"
    },
    "FieldError": ("detail",),
    # code lists of the rules: code, then text
    "_service": (1,),
    "_person": (1,),
}
"""Functions that take texts, and which of their arguments these are."""
_TEMPLATES: Final = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
TEXTS: Final = "texts"
"""Folder of files with texts by their keys."""
Text = str | tuple[str, str]
"""One text, or what is said of one and of many."""


def catalogues(root: Path) -> list[Path]:
    """Return every catalogue under *root*: of the kernel's pages and of each service's."""
    folders = [root / "onward" / "web" / FOLDER, *root.glob(f"services/*/web/{FOLDER}")]
    return sorted(path for folder in folders for path in folder.glob("*.po"))


def written(path: Path) -> bytes:
    """Return what the catalogue at *path* should hold now; its head stays as somebody wrote it."""
    old = path.read_bytes()
    header = old.partition(b"\n\n")[0]
    catalogue = read_po(BytesIO(old), locale=path.stem)
    template = Catalog(charset="utf-8")
    package = path.parents[1]
    for text in texts_in(package if package.parent.name == "onward" else package.parent):
        template.add(text)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    out = BytesIO()
    write_po(out, catalogue, sort_output=True, no_location=True, omit_header=True, width=100)
    return header + b"\n\n" + out.getvalue().strip() + b"\n"


def texts_in(package: Path) -> list[Text]:
    """Return the texts that *package* marks, each once."""
    found: dict[Text, None] = {}
    for path in sorted(package.rglob("*")):
        if path.suffix == ".py":
            found |= dict.fromkeys(_in_code(ast.parse(path.read_text(encoding="utf-8"))))
        elif path.suffix == ".html":
            found |= dict.fromkeys(_in_template(path))
        elif path.suffix == ".yaml" and path.parent.name == TEXTS:
            found |= dict.fromkeys(yaml.safe_load(path.read_text(encoding="utf-8")).values())
    return list(found)


def _in_code(tree: ast.AST) -> Iterator[Text]:
    for call in ast.walk(tree):
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if not isinstance(call, ast.Call) or name not in _SAYING:
            continue
        texts = [
            list(_constants(call.args[place]))
            for place in _SAYING[name]
            if isinstance(place, int) and place < len(call.args)
        ]
        named = (one.value for one in call.keywords if one.arg in _SAYING[name])
        texts += [list(_constants(value)) for value in named]
        if len(texts) > 1:
            yield texts[0][0], texts[1][0]
        else:
            yield from (text for found in texts for text in found)


def _constants(value: ast.expr) -> Iterator[str]:
    """Yield the text that *value* is, or those that it may be."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _constants(value.body)
        yield from _constants(value.orelse)


def _in_template(path: Path) -> Iterator[Text]:
    with path.open("rb") as file:
        for _, text, *_ in extract("jinja2.ext:babel_extract", file, options=_TEMPLATES):
            yield (text[0], text[1]) if isinstance(text, tuple) else text
