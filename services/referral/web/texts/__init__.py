"""What people read who do not work here: texts by their keys, since such pages are drawn from codes."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml

from onward.web.languages import translated


class Texts:
    """The texts of one page, said in the language that the page is in."""

    def __init__(self, said: Mapping[str, str]) -> None:
        """Say what is in *said*, in English or as it is translated."""
        self._said = said

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of *key* with *values* in it. Raises `KeyError` for one that nobody wrote."""
        return translated(self._said[key]).format(**values)

    def __contains__(self, key: str) -> bool:
        """Tell whether somebody wrote a text for *key*."""
        return key in self._said

    @property
    def english(self) -> list[str]:
        """All of them, as they were written."""
        return list(self._said.values())


@cache
def texts_of(page: str) -> Texts:
    """Return the texts of *page*."""
    return read_texts(files(__package__), page)


def read_texts(folder: Traversable, page: str) -> Texts:
    """Return the texts in the file ``<page>.yaml`` of *folder*."""
    return Texts(dict(yaml.safe_load((folder / f"{page}.yaml").read_text(encoding="utf-8"))))
