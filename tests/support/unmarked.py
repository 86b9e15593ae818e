"""Find what a template says that no catalogue can translate, by parsing it as Jinja does."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import Environment, nodes

SAYING = frozenset({"_", "gettext", "ngettext"})
_GAP = "\x00"
"""Stands for what an expression will say."""
_UNSAID = frozenset({"code", "kbd", "script", "style", "pre"})
"""Elements whose text is for machines, or the same in every language."""
_READ_ALOUD = frozenset({"aria-label", "placeholder", "title", "alt", "data-label"})
_WORD = re.compile(r"[A-Za-z]{2,}")
_BRAND = frozenset({"Onward", "Onward \u2013 Onward"})
_WORDS = re.compile(r"^\W*([A-Z]-?[a-z]+\b|[a-z]+,? [a-z]+\b)|[a-z] [a-z]")
"""What a text looks like, other than a name, a class or a path."""
_NO_TEXT = re.compile(r"nhsuk-|onward-|is-|[/=#<>_]|^[a-z0-9.-]+$")


def unmarked(source: str) -> list[str]:
    """Return the texts in the template *source* that nobody marked to be translated."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    reader = _Reader()
    reader.feed("".join(_drawn(tree)))
    return reader.found + list(_constants(tree))


def _drawn(node: nodes.Node) -> Iterator[str]:
    """Yield the page's own markup, with a gap for each expression."""
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else _GAP
        return
    for child in node.iter_child_nodes():
        yield from _drawn(child)


class _Reader(HTMLParser):
    """Reads markup as somebody would who sees or hears the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        self.found += [
            value
            for name, value in attrs
            if name in _READ_ALOUD and _WORD.search(value or "") and value
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.replace(_GAP, " ").split())
        text = re.sub(r"^[a-z-]+=\"[^\"]*\"$", "", text)  # an attribute that a macro writes
        if _WORD.search(text) and text not in _BRAND and not _UNSAID & set(self._within):
            self.found.append(text)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Yield the texts that expressions say, but for those given to gettext and those compared with."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", None) in SAYING:
        return
    if isinstance(node, nodes.Compare | nodes.Test):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        if _WORDS.search(node.value) and not _NO_TEXT.search(node.value):
            yield node.value
        return
    for child in node.iter_child_nodes():
        yield from _constants(child)
