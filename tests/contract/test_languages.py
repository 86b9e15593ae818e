"""Whatever a page says can be said in another language."""

import ast
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from onward.languages.catalogues import catalogues, written
from tests.support.unmarked import unmarked

ROOT = Path(__file__).parents[2]
SPOKEN = [path.parents[1] for path in catalogues(ROOT)]
"""Packages whose pages have a catalogue."""
FOR_DEVELOPERS = {"docs.html", "docs_api.html", "docs_event.html", "docs_problem.html"}
"""Pages about an interface whose names are English."""


TEMPLATES = [
    path
    for package in SPOKEN
    for path in sorted((package / "templates").rglob("*.html"))
    if path.name not in FOR_DEVELOPERS
]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_is_marked_for_translation(path: Path) -> None:
    found = unmarked(path.read_text())
    assert not found, (
        "Write {% trans %}…{% endtrans %} or gettext(…) where people read it, _(…) in attributes"
        f" and titles: {found}"
    )


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Nothing here.</p>", ["Nothing here."]),
        ("<p>Number {{ position }}</p>", ["Number"]),
        ('<input placeholder="A name">', ["A name"]),
        ('{{ tile(3, "On our list", "/inbox") }}', ["On our list"]),
        ('<b>{{ "Sent" if sent else "Not sent" }}</b>', ["Sent", "Not sent"]),
        ('<p>{% trans %}Nothing here.{% endtrans %} {{ _("New") }} <kbd>Esc</kbd></p>', []),
        ('<p class="{{ "nhsuk-tag nhsuk-tag--red" if a == "Old" }}">{{ name }}</p>', []),
    ],
)
def test_a_text_that_nobody_marked_is_found(template: str, found: list[str]) -> None:
    assert unmarked(template) == found


@pytest.mark.parametrize("package", SPOKEN, ids=lambda package: package.parent.name)
def test_whatever_is_flashed_is_translated(package: Path) -> None:
    literal = [
        f"{path.name}:{call.lineno}"
        for path in package.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "flash"
        and isinstance(call.args[0], ast.Constant)
    ]
    assert not literal


@pytest.mark.parametrize("path", catalogues(ROOT), ids=lambda path: path.parents[2].name)
def test_a_catalogue_holds_every_text_and_keeps_each_value_in_its_place(path: Path) -> None:
    assert path.read_bytes() == written(path), "Run: python -m onward.languages --write"
    catalogue = read_po(BytesIO(path.read_bytes()), locale=path.stem)
    wrong = [
        str(error) for message in catalogue if message.string for error in message.check(catalogue)
    ]
    assert not wrong
