"""Every ``onward …`` that the documentation tells somebody to type is a command with those options."""

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

import pytest
import typer.main

from onward.cli.app import GROUP, app
from tests.support.documented import ROOT

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "clients/*/README.md")
FENCED = re.compile(r"^(onward(?: [^ \n]+)+)", re.MULTILINE)
"""Ends where a comment begins, after two spaces."""
INLINE = re.compile(r"`(onward [a-z][^`\n]*)`")


def documented() -> Iterator[tuple[str, str]]:
    """Yield each command with its page."""
    for pattern in PAGES:
        for page in sorted(ROOT.glob(pattern)):
            text = page.read_text()
            blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
            lines = [line for block in blocks for line in FENCED.findall(block)]
            for line in (*lines, *INLINE.findall(text)):
                yield page.name, line


def found(words: list[str]) -> Any:
    """Return the command that *words* begin with, or None, and take its names off."""
    named: Any = typer.main.get_command(app)
    if words[0] in entry_points(group=GROUP).names:
        named = typer.main.get_command(entry_points(group=GROUP)[words.pop(0)].load())
    while words and (commands := getattr(named, "commands", None)):
        named = commands.get(words.pop(0))
    return named


@pytest.mark.parametrize(("page", "line"), sorted(set(documented())))
def test_what_the_documentation_says_to_type_is_there(page: str, line: str) -> None:
    words = line.split()[1:]
    command = found(words)
    assert command is not None, f"{page}: {line}"
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= {
        *known,
        "--help",
    }, f"{page}: {line}"
