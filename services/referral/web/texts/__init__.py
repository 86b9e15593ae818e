"""What people read who do not work here, in every language there is a catalogue for."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import yaml

ENGLISH: Final = "en"


class Texts:
    """The texts of one page in one language; what is not translated yet is said in English."""

    def __init__(self, language: str, said: Mapping[str, str]) -> None:
        """Say what is in *said*."""
        self.language = language
        self._said = said

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of *key* with *values* in it. Raises `KeyError` for one that nobody wrote."""
        return self._said[key].format(**values)

    def __contains__(self, key: str) -> bool:
        """Tell whether somebody wrote a text for *key*."""
        return key in self._said


@cache
def catalogues(page: str) -> Mapping[str, Texts]:
    """Return the texts of *page* by language, English first."""
    return read_catalogues(files(__package__), page)


def read_catalogues(folder: Traversable, page: str) -> dict[str, Texts]:
    """Return the texts in the files ``<page>.<language>.yaml`` of *folder*."""
    found = {
        entry.name.split(".")[1]: dict(yaml.safe_load(entry.read_text(encoding="utf-8")))
        for entry in folder.iterdir()
        if entry.name.startswith(f"{page}.") and entry.name.endswith(".yaml")
    }
    english = found[ENGLISH]
    return {
        language: Texts(language, english | found[language])
        for language in sorted(found, key=lambda one: (one != ENGLISH, one))
    }


def texts_for(page: str, asked: str | None, preferred: Sequence[str]) -> Texts:
    """Return the texts of *page* in the language *asked* for, else the first of *preferred* there is."""
    known = catalogues(page)
    wanted = [asked or "", *(one.partition("-")[0].lower() for one in preferred), ENGLISH]
    return next(known[one] for one in wanted if one in known)
